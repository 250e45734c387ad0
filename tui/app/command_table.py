"""The commands of ``xs3-tui``, by name: a new one is a `command` of its feature and a line here."""

APP = "open"
"""The command that opens the panes; it may be left out."""

COMMANDS = {
    APP: "tui.app.open:open_app",
    "ls": "tui.features.buckets.list_command:ls",
    "find": "tui.features.find.command:find",
    "cat": "tui.features.content.command:cat",
    "head": "tui.features.content.command:head",
    "du": "tui.features.find.sizes_command:du",
    "edit": "tui.features.content.edit_command:edit",
    "cp": "tui.features.copy.command:cp",
    "mv": "tui.features.copy.command:mv",
    "rm": "tui.features.delete.command:rm",
    "undelete": "tui.features.versions.command:undelete",
    "undo": "tui.features.versions.command:undo",
    "versions": "tui.features.buckets.list_command:versions",
    "diff": "tui.features.sync.diff_command:diff",
    "sync": "tui.features.sync.command:sync",
    "mb": "tui.features.buckets.command:mb",
    "rb": "tui.features.buckets.command:rb",
    "inspect": "tui.features.inspect.command:inspect",
    "object-ownership": "tui.features.repair.owners_command:object_ownership",
    "owners": "tui.features.repair.owners_command:owners",
    "repair-ownership": "tui.features.repair.command:repair_ownership",
    "access": "tui.features.access.command:access",
    "endpoint": "tui.features.endpoint.command:endpoint",
    "explain": "tui.features.inspect.explain_command:explain",
    "policy": "tui.features.edit_documents.command:policy",
    "acl": "tui.features.edit_documents.command:acl",
    "tags": "tui.features.edit_documents.command:tags",
    "verify": "tui.features.verify.command:verify",
    "presign": "tui.features.links.command:presign",
    "restore": "tui.features.archive.command:restore",
    "batch": "tui.features.batch.command:batch",
    "transfers": "tui.features.transfer_list.command:transfers",
    "workers": "tui.features.cluster.command:workers",
    "uploads": "tui.features.uploads.command:uploads",
    "run": "tui.app.run_lines:run",
    "login": "tui.features.accounts.command:login",
    "config": "tui.app.config:config",
    "completion": "tui.app.shells:completion",
    "demo": "tui.app.demo_serve:demo",
}

ALIASES = {"tag": "tags"}
"""Other names of commands, as other programs have them; the help does not list them."""

PROGRAM, COMPLETE = "xs3-tui", "_XS3_TUI_COMPLETE"
"""The command, and the variable by which a shell asks for completions."""
