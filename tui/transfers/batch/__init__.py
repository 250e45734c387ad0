"""Jobs of S3 Batch Operations.

`refusals` says what no job can do, `sources` where the list of its objects is from: `choosing` and `manifest` write it
(`restoring` says what a restore leaves out), `generator` has S3 make it. `requests` is what CreateJob is asked,
`control` asks S3 Control, `watching` follows a job, `reports` reads its completion report, `sampling` verifies some of
what it did. `kept` is what the journal keeps of all that, `adopting` what another machine finds beside the manifest.
"""
