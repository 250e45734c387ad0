"""The commands of ``xs3-tui``, by name: a new one is a `command` of its feature and a line here."""

APP = "open"
"""The command that opens the panes; it may be left out."""

GROUPS = {
    "Every day": {
        APP: "tui.app.open:open_app",
        "ls": "tui.features.buckets.list_command:ls",
        "find": "tui.features.find.command:find",
        "cat": "tui.features.content.command:cat",
        "head": "tui.features.content.command:head",
        "du": "tui.features.find.sizes_command:du",
        "edit": "tui.features.content.edit_command:edit",
        "cp": "tui.features.copy.command:cp",
        "mv": "tui.features.copy.command:mv",
        "rename": "tui.features.copy.rename_command:rename",
        "rm": "tui.features.delete.command:rm",
        "sync": "tui.features.sync.command:sync",
        "diff": "tui.features.sync.diff_command:diff",
        "presign": "tui.features.links.command:presign",
        "mb": "tui.features.buckets.command:mb",
        "rb": "tui.features.buckets.command:rb",
    },
    "Access and ownership": {
        "inspect": "tui.features.inspect.command:inspect",
        "explain": "tui.features.inspect.explain_command:explain",
        "access": "tui.features.access.command:access",
        "endpoint": "tui.features.endpoint.command:endpoint",
        "policy": "tui.features.edit_documents.command:policy",
        "acl": "tui.features.edit_documents.command:acl",
        "tags": "tui.features.edit_documents.command:tags",
        "owners": "tui.features.repair.owners_command:owners",
        "object-ownership": "tui.features.repair.owners_command:object_ownership",
        "repair-ownership": "tui.features.repair.command:repair_ownership",
    },
    "Versions": {
        "versions": "tui.features.buckets.list_command:versions",
        "undelete": "tui.features.versions.command:undelete",
        "undo": "tui.features.versions.command:undo",
        "restore": "tui.features.archive.command:restore",
    },
    "At scale": {
        "transfers": "tui.features.transfer_list.command:transfers",
        "verify": "tui.features.verify.command:verify",
        "uploads": "tui.features.uploads.command:uploads",
        "batch": "tui.features.batch.command:batch",
        "workers": "tui.features.cluster.command:workers",
        "run": "tui.app.run_lines:run",
    },
    "The tool itself": {
        "login": "tui.features.accounts.command:login",
        "engine": "tui.app.engine_command:engine",
        "config": "tui.app.config:config",
        "completion": "tui.app.shells:completion",
        "demo": "tui.app.demo_serve:demo",
    },
}
"""The commands as the help lists them."""

COMMANDS = {name: place for group in GROUPS.values() for name, place in group.items()}

WITHOUT_ENGINE = {APP, "transfers", "engine", "config", "completion", "demo"}
"""Commands that may need no engine, or that start it themselves."""

ALIASES = {"tag": "tags"}
"""Other names of commands, as other programs have them; the help does not list them."""

PROGRAM, COMPLETE = "xs3-tui", "_XS3_TUI_COMPLETE"
"""The command, and the variable by which a shell asks for completions."""
