"""The framework of commands: types of parameters, options, completion, exits, prompts."""
