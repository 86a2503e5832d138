"""A simulated Mailchimp: audiences, members, merge fields, tags and their rules, on API 3.0."""

from regulars_mailchimp.sandbox.platform import MailchimpSandbox

__all__ = ["MailchimpSandbox"]
