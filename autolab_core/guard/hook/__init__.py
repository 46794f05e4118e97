"""The harness hook: what an agent's tool call would do to protected paths, judged from its text before it runs.

This is a courtesy to the agent, who learns at once what would fail; the kernel and the seals decide (``guard.enforce``,
``guard.seal``). What cannot be decided from the text, and could touch a protected path, is denied.

``shell`` reads command lines, ``walk`` follows them, the judges of single programs say what their operands mean,
``reach`` knows what is protected, and ``harness`` speaks with the harness.
"""
