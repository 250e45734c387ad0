"""Which orders an engine other than this machine can carry out."""

from __future__ import annotations

from tui.core.engines import LOCAL, ClusterOptions, Engine, EngineKind, read_engine
from tui.core.orders import ConflictPolicy, CopyOrder, SyncOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.transfers.order.local_disk import is_disk

_LOCALLY = "use the engine local"


def refuse_engine(order: CopyOrder, source: Store, target: Store) -> None:
    """Raise `ProblemError` for an engine that cannot carry this order out."""
    if order.options.engine == LOCAL:
        return
    try:
        engine = read_engine(order.options.engine)
    except ValueError as error:
        raise _refusal(str(error), "", _LOCALLY) from error
    if engine.kind is not EngineKind.DASK:
        raise _refusal(f"{order.options.engine} cannot carry this out", "", _LOCALLY)
    refuse_without_tls(engine, order.options.cluster or ClusterOptions())
    if refusal := _by_cluster(order, is_disk(source) or is_disk(target)):
        raise refusal


def refuse_without_tls(engine: Engine, options: ClusterOptions) -> None:
    """Raise `ProblemError` for a scheduler on another machine that is reached without TLS, unless that is wanted."""
    if engine.exposed and not options.insecure:
        raise _refusal(
            f"the Dask scheduler {engine.address} is on another machine, without TLS",
            "anyone who reaches it can run programs on its workers",
            "use tls:// with --cluster-ca, --cluster-cert and --cluster-key; --insecure-cluster does without",
        )


def _by_cluster(order: CopyOrder, disk: bool) -> ProblemError | None:
    options = order.options
    if disk:
        return _refusal("workers do not see this machine's disk", "each has another one", _LOCALLY)
    if isinstance(order, SyncOrder):
        return _refusal("workers do not synchronise", "what is deleted depends on all copies", _LOCALLY)
    if options.move:
        return _refusal("workers do not move", "a source is deleted by this machine alone", "copy, then delete")
    if options.restore:
        return _refusal("workers do not restore", "", "restore first (xs3-tui restore), then copy")
    if options.conflict is ConflictPolicy.ASK:
        return _refusal("workers cannot ask", "no user answers there", "choose another conflict policy, such as skip")
    if options.conflict is ConflictPolicy.RENAME:
        return _refusal(
            "workers do not rename",
            "they do not see each other's names",
            "choose another conflict policy, such as skip",
        )
    return None


def _refusal(title: str, cause: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(kind=ProblemKind.INVALID, title=title, cause=cause, remedy=remedy))
