package lanes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/services/stack/pgtest"
	"github.com/tasklane/tasklane/services/tasks/internal/lanes"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// prepareDatabase creates a function that sets the user and fails for "mallory", and a
// sequence that shows whether a query was executed.
const prepareDatabase = `
	CREATE FUNCTION public.set_user(u text) RETURNS text LANGUAGE plpgsql AS $$
	BEGIN
		IF u = 'mallory' THEN
			RAISE EXCEPTION 'no such user' USING ERRCODE = 'P0042';
		END IF;
		RETURN set_config('app.user_id', u, true);
	END $$;
	CREATE SEQUENCE public.executed;
	CREATE TABLE public.things (n integer);
	INSERT INTO public.things VALUES (1);
	GRANT USAGE, SELECT ON public.executed TO PUBLIC;
	GRANT SELECT ON public.things TO PUBLIC`

const (
	// echo returns the user and its argument.
	echo = "SELECT current_setting('app.user_id', true) || ' ' || $1::text"
	// block waits for the database's advisory lock.
	block = "SELECT current_setting('app.user_id', true) || ' ' || $1::text FROM pg_advisory_xact_lock_shared(1)"
	// divide fails for 0.
	divide = "SELECT (1 / $1::integer)::text"
	count  = "SELECT nextval('public.executed')::text"
)

// fixture is lanes on their own database.
type fixture struct {
	*lanes.Lanes
	pool  *pgxpool.Pool
	owner *pgx.Conn
}

// open returns n lanes. Unless nil, via changes the URL of the database, and change the
// configuration.
func open(t *testing.T, n int, via func(url string) string, change func(*lanes.Config)) fixture {
	t.Helper()
	db := storetest.NewDatabase(t)
	owner, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(t.Context(), prepareDatabase); err != nil {
		t.Fatal(err)
	}
	address := db.DirectURL
	if via != nil {
		address = via(address)
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = int32(n)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	c := lanes.Config{Lanes: n, Acquire: pool.Acquire, SetUser: "SELECT public.set_user($1)", Timeout: time.Minute}
	if change != nil {
		change(&c)
	}
	f := fixture{lanes.New(c), pool, owner}
	t.Cleanup(func() {
		f.Close()
		pool.Close()
		_ = owner.Close(context.Background()) // the database is dropped anyway
	})
	return f
}

// text reads a single string.
func text(rows pgx.Rows) (string, error) { return pgx.CollectExactlyOneRow(rows, pgx.RowTo[string]) }

func (f fixture) do(ctx context.Context, user, query string, args ...any) (string, error) {
	return lanes.Do(ctx, f.Lanes, user, query, args, text)
}

// want fails the test unless a read has this result.
func (f fixture) want(t *testing.T, want, user, query string, args ...any) {
	t.Helper()
	if got, err := f.do(t.Context(), user, query, args...); got != want || err != nil {
		t.Errorf("%s for %s: %q, %v, want %q", query, user, got, err, want)
	}
}

// until waits for a condition, which what describes.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// lock takes the lock for which block waits, and returns a function that releases it.
func (f fixture) lock(t *testing.T) (unlock func()) {
	t.Helper()
	if _, err := f.owner.Exec(t.Context(), "SELECT pg_advisory_lock(1)"); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if _, err := f.owner.Exec(t.Context(), "SELECT pg_advisory_unlock(1)"); err != nil {
			t.Error(err)
		}
	}
}

// blocked starts a read that waits for the lock, and returns once it waits. The read must end
// with the error want.
func (f fixture) blocked(ctx context.Context, t *testing.T, group *errgroup.Group, want error) {
	t.Helper()
	group.Go(func() error {
		got, err := f.do(ctx, "ada", block, "blocked")
		if !errors.Is(err, want) || want == nil && got != "ada blocked" {
			return fmt.Errorf("the blocked read: %q, %w, want %w", got, err, want)
		}
		return nil
	})
	until(t, "a read waits for the lock", func() bool {
		var waits bool
		err := f.owner.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))").Scan(&waits)
		return err == nil && waits
	})
}

// awaitWaiting waits until n reads have no result yet.
func (f fixture) awaitWaiting(t *testing.T, n int) {
	t.Helper()
	until(t, fmt.Sprintf("%d reads wait", n), func() bool { return f.Stat().Waiting == n })
}

// hasCode reports whether an error is PostgreSQL's with this code.
func hasCode(err error, code string) bool {
	fault, ok := errors.AsType[*pgconn.PgError](err)
	return ok && fault.Code == code
}

func TestDo_SendsWaitingReadsTogether(t *testing.T) {
	t.Parallel()
	f := open(t, 1, nil, nil)
	f.want(t, "ada warm", "ada", echo, "warm")
	before := f.Stat()
	unlock := f.lock(t)
	var group errgroup.Group
	f.blocked(t.Context(), t, &group, nil)
	for n := range 10 {
		group.Go(func() error {
			user := fmt.Sprintf("user%d", n)
			got, err := f.do(t.Context(), user, echo, fmt.Sprint(n))
			if want := fmt.Sprintf("%s %d", user, n); got != want || err != nil {
				return fmt.Errorf("%q, %w, want %q", got, err, want)
			}
			return nil
		})
	}
	f.awaitWaiting(t, 11)
	unlock()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	after := f.Stat()
	if sent, flushes := after.Sent-before.Sent, after.Flushes-before.Flushes; sent != 11 || flushes != 2 || after.Waiting != 0 {
		t.Errorf("%d reads in %d flushes, %d wait; want 11 in 2, none", sent, flushes, after.Waiting)
	}
}

// TestDo_AnErrorAffectsOneRead sends reads that fail in different ways together with others.
func TestDo_AnErrorAffectsOneRead(t *testing.T) {
	t.Parallel()
	f := open(t, 1, nil, nil)
	f.want(t, "1", "ada", count)
	unlock := f.lock(t)
	var group errgroup.Group
	f.blocked(t.Context(), t, &group, nil)
	send := func(check func(string, error) bool, user, query string, args ...any) {
		waiting := f.Stat().Waiting
		group.Go(func() error {
			if got, err := f.do(t.Context(), user, query, args...); !check(got, err) {
				return fmt.Errorf("%s for %s: %q, %w", query, user, got, err)
			}
			return nil
		})
		f.awaitWaiting(t, waiting+1) // fixes the order
	}
	failsWith := func(code string) func(string, error) bool {
		return func(_ string, err error) bool { return hasCode(err, code) }
	}
	returns := func(want string) func(string, error) bool {
		return func(got string, err error) bool { return err == nil && got == want }
	}
	send(returns("bob 1"), "bob", echo, "1")
	send(failsWith("P0042"), "mallory", count)
	send(returns("bob 2"), "bob", echo, "2")
	send(failsWith("22012"), "ada", divide, 0)
	send(returns("1"), "eve", divide, 1)
	send(failsWith("42P01"), "eve", "SELECT x::text FROM public.nothing")
	send(func(_ string, err error) bool { return err != nil && strings.Contains(err.Error(), "encode args[0]") }, "eve", divide, struct{}{})
	send(func(_ string, err error) bool { return errors.Is(err, pgx.ErrNoRows) }, "eve", "SELECT n::text FROM public.things WHERE false")
	send(returns("2"), "ada", count) // mallory's query was not executed
	unlock()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if opened := f.pool.Stat().NewConnsCount(); opened != 1 {
		t.Errorf("%d connections were opened, want 1", opened)
	}
}

// TestDo_ReturnsWhenItsContextEnds cancels the read that the database is executing and one
// after it. Neither affects the connection or other reads.
func TestDo_ReturnsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	f := open(t, 1, nil, nil)
	f.want(t, "ada warm", "ada", echo, "warm")
	unlock := f.lock(t)
	var canceled, others errgroup.Group
	ctx, cancel := context.WithCancel(t.Context())
	f.blocked(ctx, t, &canceled, context.Canceled)
	canceled.Go(func() error {
		if _, err := f.do(ctx, "bob", echo, "waits"); !errors.Is(err, context.Canceled) {
			return fmt.Errorf("the waiting read: %w", err)
		}
		return nil
	})
	f.awaitWaiting(t, 2)
	others.Go(func() error {
		got, err := f.do(t.Context(), "eve", echo, "stays")
		if got != "eve stays" || err != nil {
			return fmt.Errorf("the read that stays: %q, %w", got, err)
		}
		return nil
	})
	f.awaitWaiting(t, 3)
	cancel()
	if err := canceled.Wait(); err != nil { // while the lock is held
		t.Error(err)
	}
	unlock()
	if err := others.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := f.do(ctx, "ada", echo, "late"); !errors.Is(err, context.Canceled) {
		t.Errorf("a read with a context that has ended: %v", err)
	}
	if opened := f.pool.Stat().NewConnsCount(); opened != 1 {
		t.Errorf("%d connections were opened, want 1", opened)
	}
	if sent := f.Stat().Sent; sent != 3 { // bob left before
		t.Errorf("%d reads were sent, want 3", sent)
	}
}

// TestDo_FailsWithItsConnection ends the server process while reads are in flight. Queued
// reads are sent over the next connection.
func TestDo_FailsWithItsConnection(t *testing.T) {
	t.Parallel()
	f := open(t, 1, nil, nil)
	unlock := f.lock(t)
	var lost, waiting errgroup.Group
	f.blocked(t.Context(), t, &lost, nil)
	waiting.Go(func() error {
		got, err := f.do(t.Context(), "bob", echo, "next")
		if got != "bob next" || err != nil {
			return fmt.Errorf("the waiting read: %q, %w", got, err)
		}
		return nil
	})
	f.awaitWaiting(t, 2)
	if _, err := f.owner.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`); err != nil {
		t.Fatal(err)
	}
	if err := lost.Wait(); !errors.Is(err, lanes.ErrLost) {
		t.Errorf("the read whose connection broke: %v", err)
	}
	if err := waiting.Wait(); err != nil {
		t.Error(err)
	}
	unlock()
	f.want(t, "ada again", "ada", echo, "again")
}

func TestDo_ASlowReadLeavesTheOtherLaneFree(t *testing.T) {
	t.Parallel()
	f := open(t, 2, nil, nil)
	unlock := f.lock(t)
	var slow errgroup.Group
	f.blocked(t.Context(), t, &slow, nil)
	for n := range 50 {
		f.want(t, fmt.Sprintf("bob %d", n), "bob", echo, fmt.Sprint(n))
	}
	unlock()
	if err := slow.Wait(); err != nil {
		t.Error(err)
	}
}

func TestDo_FailsWhenLanesAreFull(t *testing.T) {
	t.Parallel()
	f := open(t, 1, nil, nil)
	unlock := f.lock(t)
	var group errgroup.Group
	f.blocked(t.Context(), t, &group, nil)
	const queued = 512
	for range queued {
		group.Go(func() error {
			_, err := f.do(t.Context(), "bob", echo, "x")
			return err
		})
	}
	f.awaitWaiting(t, 1+queued)
	if _, err := f.do(t.Context(), "bob", echo, "x"); !errors.Is(err, lanes.ErrFull) {
		t.Errorf("a read beyond the limit: got %v, want ErrFull", err)
	}
	unlock()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	f.want(t, "bob x", "bob", echo, "x")
}

func TestClose_EndsReads(t *testing.T) {
	t.Parallel()
	f := open(t, 1, nil, nil)
	f.want(t, "ada before", "ada", echo, "before")
	defer f.lock(t)()
	var sent, queued errgroup.Group
	f.blocked(t.Context(), t, &sent, nil)
	queued.Go(func() error {
		_, err := f.do(t.Context(), "bob", echo, "queued")
		return err
	})
	f.awaitWaiting(t, 2)
	start := time.Now()
	f.Close()
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("Close took %s", took)
	}
	if err := sent.Wait(); err == nil {
		t.Error("a read succeeded without a connection")
	}
	if err := queued.Wait(); !errors.Is(err, lanes.ErrClosed) {
		t.Errorf("the queued read: %v, want ErrClosed", err)
	}
	if _, err := f.do(t.Context(), "bob", echo, "late"); !errors.Is(err, lanes.ErrClosed) {
		t.Errorf("a read afterwards: %v, want ErrClosed", err)
	}
	f.Close()
}

func TestDo_PanicsInTheCaller(t *testing.T) {
	t.Parallel()
	f := open(t, 1, nil, nil)
	func() {
		defer func() {
			if value := recover(); value != "no luck" {
				t.Errorf("recovered %v", value)
			}
		}()
		_, _ = lanes.Do(t.Context(), f.Lanes, "ada", echo, []any{"x"}, func(rows pgx.Rows) (string, error) {
			rows.Next()
			panic("no luck")
		})
	}()
	f.want(t, "ada y", "ada", echo, "y")
	if opened := f.pool.Stat().NewConnsCount(); opened != 1 {
		t.Errorf("%d connections were opened, want 1", opened)
	}
}

// TestDo_DiscardsUnreadRows stops reading early, with Close and with an error.
func TestDo_DiscardsUnreadRows(t *testing.T) {
	t.Parallel()
	f := open(t, 1, nil, nil)
	enough := errors.New("enough")
	for range 3 {
		n, err := lanes.Do(t.Context(), f.Lanes, "ada", "SELECT n FROM generate_series(1, $1::integer) AS n", []any{100_000}, func(rows pgx.Rows) (int, error) {
			var n int
			for n < 10 && rows.Next() {
				if err := rows.Scan(&n); err != nil {
					return 0, err
				}
			}
			rows.Close()
			return n, rows.Err()
		})
		if n != 10 || err != nil {
			t.Errorf("%d, %v, want 10", n, err)
		}
		_, err = lanes.Do(t.Context(), f.Lanes, "ada", "SELECT n FROM generate_series(1, $1::integer) AS n", []any{100_000}, func(pgx.Rows) (int, error) { return 0, enough })
		if !errors.Is(err, enough) {
			t.Errorf("%v, want the error of decode", err)
		}
		f.want(t, "ada then", "ada", echo, "then")
	}
}

// TestDo_SurvivesAChangedColumn changes a column used by a prepared statement.
func TestDo_SurvivesAChangedColumn(t *testing.T) {
	t.Parallel()
	f := open(t, 1, nil, nil)
	read := func() (int64, error) {
		return lanes.Do(t.Context(), f.Lanes, "ada", "SELECT n FROM public.things", nil, func(rows pgx.Rows) (int64, error) {
			return pgx.CollectExactlyOneRow(rows, pgx.RowTo[int64])
		})
	}
	if n, err := read(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := f.owner.Exec(t.Context(), "ALTER TABLE public.things ALTER n TYPE bigint"); err != nil {
		t.Fatal(err)
	}
	if _, err := read(); !hasCode(err, "0A000") {
		t.Errorf("the first read afterwards: %v", err)
	}
	if n, err := read(); n != 1 || err != nil {
		t.Errorf("the second read afterwards: %d, %v", n, err)
	}
}
