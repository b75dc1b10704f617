#!/bin/sh
# Before removal; an upgrade (dpkg says so, rpm by 1) leaves what runs.
case "${1:-remove}" in remove|0) ;; *) exit 0 ;; esac
if [ -d /run/systemd/system ]; then systemctl disable --now diarizer.service diarizer-worker.service || :; fi
