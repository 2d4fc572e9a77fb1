"""What the commands share: Ape's accounts and connection, the Safe through ape-safe, output."""
