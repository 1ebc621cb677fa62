"""What fulfils the ports: tables, files, processes."""
