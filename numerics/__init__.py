"""What is measured: simulators, their arrays and random streams, and the store of their samples."""
