"""What the role ``mlflow`` decides: its database's address, names it goes by, ports, quoting."""
