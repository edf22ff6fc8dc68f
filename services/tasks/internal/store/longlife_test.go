package store_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

const (
	// A task lives for ten days, stays in the trash for thirty, and its tombstone
	// for thirty more. So the tables reach their size on day 70. From day 100 on, they
	// are measured for forty days.
	lifeDays, steadyDays = 140, 40
	// growth is how much the tables may grow in those days: pages are not filled
	// to the last byte.
	growth = 1.05
)

// manyUsers inserts the users who have the tasks.
const manyUsers = "INSERT INTO tasklane.user_state (user_id, seq) SELECT 'user-' || n, 0 FROM generate_series(1, 20) n"

// dayOfLife creates tasks, moves those of ten days earlier to the trash, and stores five
// responses for each. $1 is the time, $2 the number of tasks.
var dayOfLife = []string{
	`WITH created AS (
		INSERT INTO tasklane.tasks (user_id, id, seq, version, title, description, priority, tags, position, created_at, updated_at, title_key, words)
		SELECT 'user-' || n % 20 + 1, gen_random_uuid(), 1, 1, 'Water the plants ' || n, repeat('x', 100), 0, '{home}', md5(n::text), $1, $1, '\x01', 'plants water'
		FROM generate_series(1, $2::int) n RETURNING 1)
	UPDATE tasklane.user_state SET seq = seq + 1`,
	`UPDATE tasklane.tasks SET deleted_at = $1, version = version + 1
		WHERE deleted_at IS NULL AND $2::int > 0 AND created_at <= $1::timestamptz - interval '10 days'`,
	`INSERT INTO tasklane.idempotency_keys (user_id, key, place, request, resource, snapshot, created_at)
		SELECT 'user-' || n % 20 + 1, gen_random_uuid()::text, 0, decode(repeat('00', 32), 'hex'), gen_random_uuid(), convert_to(repeat('x', 600), 'UTF8'), $1
		FROM generate_series(1, 5 * $2::int) n`,
}

// TestPurgeKeepsTablesSteady simulates months of constant load. Days pass by inserting
// rows of the past and purging with a cutoff that moves each day.
func TestPurgeKeepsTablesSteady(t *testing.T) {
	t.Parallel()
	tasks := 200
	if text := os.Getenv("TEST_TASKS_A_DAY"); text != "" {
		var err error
		if tasks, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	db := storetest.NewDatabase(t)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	tables := []string{"tasks", "erased", "idempotency_keys", "user_state"}
	sizes := func() (all []int64, sum int64) {
		t.Helper()
		for _, table := range tables {
			var n int64
			if err := conn.QueryRow(t.Context(), "SELECT pg_total_relation_size(('tasklane.' || $1)::regclass)", table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			all, sum = append(all, n), sum+n
		}
		return all, sum
	}
	exec(manyUsers)
	var steady int64
	begin := time.Now()
	for day := range lifeDays {
		daysAgo := lifeDays - 1 - day
		at := begin.AddDate(0, 0, -daysAgo)
		for _, statement := range dayOfLife {
			exec(statement, at, tasks)
		}
		for removed := int64(1); removed > 0; {
			err := conn.QueryRow(t.Context(), "SELECT tasklane.purge_before(now() - $1::interval, now() - $2::interval, 500)",
				fmt.Sprintf("%d days", daysAgo+1), fmt.Sprintf("%d days", daysAgo+30)).Scan(&removed)
			if err != nil {
				t.Fatal(err)
			}
		}
		exec("UPDATE tasklane.erased SET erased_at = $1 WHERE erased_at > $1", at) // for purge, this is today
		for _, table := range tables {
			exec("VACUUM tasklane." + table) // as autovacuum would do
		}
		all, sum := sizes()
		if day%20 == 19 {
			t.Logf("day %3d: %6d kB (tasks %d, erased %d, keys %d)", day+1, sum>>10, all[0]>>10, all[1]>>10, all[2]>>10)
		}
		if day == lifeDays-steadyDays-1 {
			steady = sum
		}
	}
	_, last := sizes()
	t.Logf("%d tasks and %d keys a day for %d days, in %s", tasks, 5*tasks, lifeDays, time.Since(begin).Round(time.Millisecond))
	if float64(last) > growth*float64(steady) {
		t.Errorf("the tables grow: from %d bytes to %d in %d days", steady, last, steadyDays)
	}
	if n, err := storetest.Open(t, store.Config{URL: db.URL}).Purge(t.Context()); n != 0 || err != nil {
		t.Errorf("a purge of today removed %d more rows, %v", n, err)
	}
}
