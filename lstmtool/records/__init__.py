"""Results as plain records, without behaviour: what files hold and reports read."""
