"""What a launch is made of: gate, host, plan, guard, and the one submission."""
