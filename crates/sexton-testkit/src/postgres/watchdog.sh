# Stops the test server when it was not used for ten minutes and nobody is connected.
# Arguments: the server's folder, the folder of its programs.
folder=$1
programs=$2

connections() {
    "$programs/psql" -h "$folder" -U postgres -d postgres -Atc "
        SELECT count(*)
        FROM pg_stat_activity
        WHERE backend_type = 'client backend'
          AND pid <> pg_backend_pid()"
}

while sleep 30; do
    exec 9>>"$folder/lock" || exit
    flock 9
    "$programs/pg_ctl" status -D "$folder/data" || exit
    if [ -n "$(find "$folder/used" -mmin +10)" ] && [ "$(connections)" = 0 ]; then
        "$programs/pg_ctl" stop -D "$folder/data" -m fast --wait
        rm -rf "$folder/data"
        exit
    fi
    exec 9>&-
done
