"""Where `Run` once was: estimators that an earlier lstmtool pickled look for it here."""

raise ImportError(
    "This was pickled by an earlier lstmtool, whose modules lay elsewhere: fit the estimator again."
)
