#!/usr/bin/env bash
# A table in Beijing, its replica in Ningxia, a stream and the replicator between them, with the AWS CLI and boto3.
# usage: walkthrough.sh ENDPOINT LOG_DIR DYAD [--backfill]
#   ENDPOINT  of a server that is empty; LOG_DIR holds logfile_medium1.csv and logfile_stream.csv; DYAD the executable
# Exit code 1 at the first step whose outcome is not what AWS gives.
set -euo pipefail

endpoint=$1 logs=$2 dyad=$3 backfill=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
source_region=cn-north-1 target_region=cn-northwest-1
work=$(mktemp -d)
replicator=

cleanup() {
    if [[ $replicator ]]; then
        kill "$replicator" 2>/dev/null || true
        wait "$replicator" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT

unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ENDPOINT_URL=$endpoint AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secret AWS_PAGER=''

# same WHAT FOUND WANTED
same() {
    if [[ $2 != "$3" ]]; then
        printf 'not ok  %s\n  found:  %s\n  wanted: %s\n' "$1" "$2" "$3" >&2
        exit 1
    fi
    printf 'ok  %s: %s\n' "$1" "$2"
}

# ddb REGION OPERATION ARGUMENT...
ddb() {
    local region=$1
    shift
    aws dynamodb "$@" --region "$region" --output text
}

make_table() { # REGION NAME
    ddb "$1" create-table --table-name "$2" \
        --attribute-definitions AttributeName=requestid,AttributeType=N AttributeName=host,AttributeType=S \
        --key-schema AttributeName=requestid,KeyType=HASH \
        --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=100 \
        --global-secondary-indexes "$(cat "$here/host-index.json")" >/dev/null
    ddb "$1" wait table-exists --table-name "$2"
    same "$2 and its index" "$(ddb "$1" describe-table --table-name "$2" \
        --query 'Table.[TableStatus, GlobalSecondaryIndexes[0].IndexStatus]' | tr '\t' ' ')" "ACTIVE ACTIVE"
}

count() { # REGION NAME
    ddb "$1" scan --table-name "$2" --select COUNT --query Count
}

first_two() { # REGION NAME. In text the CLI prints a second line for the token of the next page.
    ddb "$1" scan --table-name "$2" --max-items 2 --query 'Items[].requestid.N' | sed -n 1p | tr '\t' ' '
}

by_crawler() { # REGION NAME: what the index knows of one host in the second half of the log
    ddb "$1" query --table-name "$2" --index-name host-requestid-gsi \
        --key-condition-expression 'host = :host AND requestid > :id' \
        --expression-attribute-values '{":host": {"S": "66.249.67.3"}, ":id": {"N": "4000"}}' \
        --query 'Items[].[requestid.N, bytessent.N]'
}

load() { # FILE
    "${PYTHON:-python3}" "$here/load_log.py" tlog "$logs/$1" $source_region
}

make_table $source_region tlog
load logfile_medium1.csv
same "items in Beijing" "$(count $source_region tlog)" 2000

make_table $target_region tlog_replica
same "tables in Beijing" "$(ddb $source_region list-tables --query TableNames)" tlog
same "tables in Ningxia" "$(ddb $target_region list-tables --query TableNames)" tlog_replica

ddb $source_region update-table --table-name tlog \
    --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES >/dev/null
ddb $source_region wait table-exists --table-name tlog
stream=$(ddb $source_region describe-table --table-name tlog --query Table.LatestStreamArn)
form='^arn:aws-cn:dynamodb:cn-north-1:[0-9]{12}:table/tlog/stream/[0-9-]{10}T[0-9:]{8}\.[0-9]{3}$'
[[ $stream =~ $form ]] || same "stream" "$stream" "$form"
printf 'ok  stream: %s\n' "$stream"

# shellcheck disable=SC2086 # --backfill or nothing
"$dyad" replicate --source-region $source_region --source-table tlog --target-region $target_region \
    --target-table tlog_replica --endpoint "$endpoint" --checkpoint "$work/link.dyad-checkpoint" $backfill &
replicator=$!

load logfile_stream.csv
same "items in Beijing" "$(count $source_region tlog)" 4000
# A stream begins when it is enabled: without a backfill the replica has only what came after.
wanted=2000
[[ $backfill ]] && wanted=4000
for _ in $(seq 60); do
    found=$(count $target_region tlog_replica)
    [[ $found == "$wanted" ]] && break
    sleep 0.5
done
same "items in Ningxia" "$found" "$wanted"

# AWS scans in the order of a hash of the partition key: these are the first of these keys there.
same "first items in Beijing" "$(first_two $source_region tlog)" "4666 251"
[[ $backfill ]] || same "first items in Ningxia" "$(first_two $target_region tlog_replica)" "4666 4847"

beijing=$(by_crawler $source_region tlog)
[[ $beijing && $beijing != None ]] || same "rows of the index" "$beijing" "some"
same "index in Ningxia as in Beijing" "$(by_crawler $target_region tlog_replica | cksum)" "$(cksum <<<"$beijing")"

kill "$replicator"
code=0
wait "$replicator" || code=$?
replicator=
same "exit code of the replicator" "$code" 0
