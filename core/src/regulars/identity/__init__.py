"""One customer out of several platforms' profiles, with a reason for every join.

Exact keys join and nothing else: the platform's own merges, a normalised e-mail address, a person's
decision. A shared inbox or an over-large cluster is held back for a person to look at.
"""

from regulars.identity.build import IdentitySettings, build, prepare
from regulars.identity.clusters import Cluster, Key, clusters

__all__ = ["Cluster", "IdentitySettings", "Key", "build", "clusters", "prepare"]
