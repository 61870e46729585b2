#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A campaign on a Slurm cluster: sbatch slurm.sh FILE.toml
# Of the array, job 0 is Dask's scheduler and the campaign's client, the others are workers. They meet by a file on a shared file system; jobs may
# start in any order, and one that is cut off is missed by nobody: submit again to go on.
#SBATCH --job-name=raywave-campaign
#SBATCH --array=0-16
#SBATCH --cpus-per-task=8
#SBATCH --mem-per-cpu=2G
#SBATCH --time=12:00:00
#SBATCH --output=campaign-%A-%a.log
# Nodes of one processor level (results of several are not mixed unless told), as your site names them:
##SBATCH --constraint=icelake
set -euo pipefail
file=${1:?usage: sbatch slurm.sh FILE.toml}
meeting=$PWD/scheduler-$SLURM_ARRAY_JOB_ID.json

if [ "$SLURM_ARRAY_TASK_ID" -ne 0 ]; then
  until [ -s "$meeting" ]; do sleep 2; done
  exec dask worker --scheduler-file "$meeting" --nworkers "${SLURM_CPUS_PER_TASK:-1}" --nthreads 1 --no-dashboard --death-timeout 300
fi

dask scheduler --scheduler-file "$meeting" --port 0 --no-dashboard &
scheduler=$!
status=0
python -m raywave campaign run "$file" --scheduler-file "$meeting" --wait-s 86400 || status=$?
rm -f "$meeting"
scancel "$SLURM_ARRAY_JOB_ID" --state=PENDING || true # workers that never started
kill "$scheduler" # the others end with it
wait "$scheduler" || true
exit $status
