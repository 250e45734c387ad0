"""The main screen: the two panes side by side, and what it does with them.

`screen.BrowserScreen` owns the controllers in `controllers/`: plain classes, one per subject, each with its own state,
made from the `context.Context` that all share and from the other controllers it needs. None of them knows the screen.

* A key: `kit.commands` names the command, a controller has the method ``action_<command>``. `kit.commands.take_actions`
  makes these methods the screen's own actions, so nothing else need be written; a command without one, or with two,
  fails as soon as the screen is made.
* A message of a widget: the screen has one short ``@on`` method for it, which calls the controllers in order.
* What a controller needs of the screen (toasts, dialogs, workers, timers) is `context.Host`.
"""
