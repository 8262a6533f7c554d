"""The differential test: the same steps against two servers, every frame compared."""
