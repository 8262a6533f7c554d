"""A raw ZooKeeper client, server launchers and file formats for the compatibility tests."""
