"""The platforms' official Python SDKs doing the read, in their own environment:
`python -m benchmarks.connectors.sdk_read READ URL ACCESS MODE` with MODE `read` or `ids`.

Each is used as its documentation shows: HubSpot's gives objects of its own, Mailchimp's gives parsed JSON,
Shopify's gives text, which is parsed here. Where the base URL is set differs; all three can.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.connectors.endpoints import Endpoint, endpoint
from benchmarks.connectors.meter import compared, measured


def _contacts(url: str, at: Endpoint) -> Iterator[list[Any]]:
    import hubspot

    client, after = hubspot.HubSpot(access_token=at.credentials["token"], host=url), None
    pages, names = client.crm.contacts.basic_api, at.params["properties"].split(",")
    while True:
        page = pages.get_page(limit=100, properties=names, archived=False, after=after)
        yield [row.id for row in page.results]
        if page.paging is None:
            return
        after = page.paging.next.after


def _changed(url: str, at: Endpoint) -> Iterator[list[Any]]:
    import hubspot
    from hubspot.crm.contacts import PublicObjectSearchRequest

    pages = hubspot.HubSpot(access_token=at.credentials["token"], host=url).crm.contacts.search_api
    asked = at.json or {}
    request = PublicObjectSearchRequest(
        filter_groups=asked["filterGroups"],
        sorts=asked["sorts"],
        properties=asked["properties"],
        limit=asked["limit"],
        after="0",
    )
    while True:
        page = pages.do_search(request)
        yield [row.id for row in page.results]
        if page.paging is None:
            return
        request.after = page.paging.next.after


def _members(url: str, at: Endpoint) -> Iterator[list[Any]]:
    import mailchimp_marketing

    client, offset = mailchimp_marketing.Client(), 0
    client.set_config({"api_key": at.credentials["key"]})
    client.api_client.host = f"{url}/3.0"
    audience, asked = at.credentials["audience"], {**at.params, "fields": at.params["fields"].split(",")}
    while True:
        rows = client.lists.get_list_members_info(audience, **asked, count=at.page, offset=offset)["members"]
        yield [row[at.key] for row in rows]
        if len(rows) < at.page:
            return
        offset += at.page


def _nodes(url: str, at: Endpoint) -> Iterator[list[Any]]:
    import shopify

    asked = at.json or {}
    shopify.ShopifyResource.set_site(f"{url}/{at.path.removesuffix('/graphql.json')}")
    shopify.ShopifyResource.headers = at.headers
    client, variables = shopify.GraphQL(), dict(asked["variables"])
    while True:
        data = json.loads(client.execute(asked["query"], variables))["data"]
        (listing,) = data.values()
        yield [node["id"] for node in listing["nodes"]]
        if not listing["pageInfo"]["hasNextPage"]:
            return
        variables["after"] = listing["pageInfo"]["endCursor"]


PAGES = {
    "hubspot-contacts": _contacts,
    "hubspot-changed": _changed,
    "mailchimp-members": _members,
    "shopify-customers": _nodes,
    "shopify-orders": _nodes,
}


def main() -> None:
    name, url, access, mode = sys.argv[1:]
    at, pages = endpoint(name, access), PAGES[name]
    if mode == "ids":
        compared(one for page in pages(url, at) for one in page)
    else:
        measured(lambda place: sum(map(len, pages(place, at))), url, at.warm)


if __name__ == "__main__":
    main()
