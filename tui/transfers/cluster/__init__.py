"""Transfers that the workers of a Dask cluster carry out.

The engine that has the transfer (the client of the cluster) cuts the keys into ranges (`ranges`), gives each to a
worker as a task (`crew`, one `contact` a worker), and writes down what the workers say: results, uploads, bytes. `talk`
are the messages, `connecting` the way to the scheduler, `admission` what is asked of a worker before it is used,
`credentials` what it is given where it has no profiles, `sharing` its part of the limits. `worker` runs in the
workers: the same work as in this process, on one range after another.
"""
