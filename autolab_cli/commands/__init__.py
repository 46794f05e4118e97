"""One module a group of commands: functions from parsed options to an exit code, loaded when their command is typed."""
