package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/sdk/taskapi/position"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

func TestChanges_HaveEachResourceOnce(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	a := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "a"}) // 1
	b := mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "b"}) // 2
	mustCreate(t, s, bob, full())
	a = write(t, s, alice, update(uuid.MustParse(a.ID), taskapi.UpdateTaskRequest{Title: taskapi.Some("A")}), nil) // 3
	write(t, s, alice, erase(uuid.MustParse(b.ID)), nil)                                                           // 4
	a = write(t, s, alice, trash(uuid.MustParse(a.ID)), nil)                                                       // 5

	want := []taskapi.Change{
		{Seq: 4, Kind: taskapi.KindTask, ID: b.ID},
		{Seq: 5, Kind: taskapi.KindTask, ID: a.ID, Data: encoded(t, a)},
	}
	for _, tc := range []struct {
		after int64
		limit int
		want  store.ChangePage
	}{
		{0, 10, store.ChangePage{Changes: want, Next: taskapi.ChangeCursor{After: 5, Began: 5}}},
		{0, 1, store.ChangePage{Changes: want[:1], Next: taskapi.ChangeCursor{After: 4, Began: 5}, More: true}},
		{3, 10, store.ChangePage{Changes: want, Next: after(5)}},
		{3, 1, store.ChangePage{Changes: want[:1], Next: after(4), More: true}},
		{4, 10, store.ChangePage{Changes: want[1:], Next: after(5)}},
		{5, 10, store.ChangePage{Changes: []taskapi.Change{}, Next: after(5)}},
	} {
		got, err := s.Changes(t.Context(), alice, after(tc.after), tc.limit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("Changes after %d (-want +got):\n%s", tc.after, diff)
		}
	}
	if _, err := s.Changes(t.Context(), alice, after(6), 10); !errors.Is(err, store.ErrCursorExpired) {
		t.Errorf("a number after the latest change: %v, want ErrCursorExpired", err)
	}
	empty, err := s.Changes(t.Context(), "nobody", after(0), 10)
	if diff := cmp.Diff(store.ChangePage{Changes: []taskapi.Change{}}, empty); diff != "" || err != nil {
		t.Errorf("a new user's changes: %v (-want +got):\n%s", err, diff)
	}
}

// encoded returns a task as JSON.
func encoded(t *testing.T, task taskapi.Task) []byte {
	t.Helper()
	data, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestChanges_LeadToTheStateOfTheDatabase makes 32 writers change and move one user's tasks while a
// reader follows the feed. The reader must end with the state of the database, and see the
// versions of each task increase. At the end all tasks have different positions.
func TestChanges_LeadToTheStateOfTheDatabase(t *testing.T) {
	t.Parallel()
	const writers, writesEach = 32, 40
	s := storetest.New(t)
	var ids []uuid.UUID
	for range 40 {
		ids = append(ids, uuid.MustParse(mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "task"}).ID))
	}
	var writing errgroup.Group
	for w := range writers {
		writing.Go(func() error {
			random := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range writesEach {
				id := ids[random.IntN(len(ids))]
				var err error
				switch random.IntN(14) {
				case 8, 9, 10, 11: // mostly to one end, where positions get longer
					_, err = s.Write(t.Context(), alice, move(id.String(), taskapi.MoveTaskRequest{After: taskapi.Null[string]()}), nil)
				case 12, 13:
					_, err = s.Write(t.Context(), alice, move(id.String(), placeAfter(ids[random.IntN(len(ids))].String())), nil)
				case 0:
					_, err = s.Write(t.Context(), alice, create(full()), nil)
				case 1:
					_, err = s.Write(t.Context(), alice, trash(id), nil)
				case 2:
					_, err = s.Write(t.Context(), alice, restore(id), nil)
				case 3:
					_, err = s.Write(t.Context(), alice, erase(id), nil)
				default:
					_, err = s.Write(t.Context(), alice, update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some(fmt.Sprint(w, i))}), nil)
				}
				if _, rejected := errors.AsType[*store.FieldError](err); err != nil && !rejected && !errors.Is(err, store.ErrNotFound) {
					return err
				}
			}
			return nil
		})
	}
	done := make(chan error, 1)
	go func() { done <- writing.Wait() }()

	state, erased := map[string]taskapi.Task{}, map[string]bool{}
	var cursor int64
	finished := false
	for {
		page, err := s.Changes(t.Context(), alice, after(cursor), 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range page.Changes {
			if change.Seq <= cursor {
				t.Fatalf("change %d came after %d", change.Seq, cursor)
			}
			cursor = change.Seq
			if erased[change.ID] {
				t.Fatalf("%s changed after it was erased", change.ID)
			}
			if change.Erased() {
				erased[change.ID] = true
				delete(state, change.ID)
				continue
			}
			task, err := change.Task()
			if err != nil {
				t.Fatal(err)
			}
			if before, known := state[change.ID]; known && task.Version <= before.Version {
				t.Fatalf("version %d came after %d", task.Version, before.Version)
			}
			state[change.ID] = task
		}
		if len(page.Changes) > 0 {
			continue
		}
		if finished {
			break
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			finished = true // then read once more
		default:
		}
	}
	want := map[string]taskapi.Task{}
	err := s.ExportUser(t.Context(), alice, func(r taskapi.Resource) error {
		task, err := r.Task()
		want[task.ID] = task
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, state); diff != "" {
		t.Errorf("the feed's state (-database +feed):\n%s", diff)
	}
	atPosition := map[string]string{}
	for _, task := range want {
		if other := atPosition[task.Position]; other != "" || !position.Valid(task.Position) || len(task.Position) > position.MaxLength {
			t.Errorf("%s has the position %q, which %q also has", task.ID, task.Position, other)
		}
		atPosition[task.Position] = task.ID
	}
}

func TestTaskStats_CountsByStatePriorityTagAndList(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	now := time.Now()
	for _, req := range []taskapi.CreateTaskRequest{
		{Title: "overdue", DueAt: new(now.Add(-72 * time.Hour)), Priority: taskapi.High, Tags: []string{"home", "a"}},
		{Title: "later", DueAt: new(now.Add(72 * time.Hour)), Priority: taskapi.High, Tags: []string{"home"}},
		{Title: "undated"},
		{Title: "done", Completed: true, DueAt: new(now.Add(-72 * time.Hour)), Tags: []string{"home"}},
		{Title: "gone", DueAt: new(now.Add(-72 * time.Hour)), Tags: []string{"home"}},
	} {
		task := mustCreate(t, s, alice, req)
		if req.Title == "gone" {
			write(t, s, alice, trash(uuid.MustParse(task.ID)), nil)
		}
	}
	got, err := s.TaskStats(t.Context(), alice, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	want := taskapi.Stats{
		Open: 3, Completed: 1, Overdue: 1, Undated: 1, Deleted: 1,
		ByPriority: map[taskapi.Priority]int64{taskapi.None: 1, taskapi.Low: 0, taskapi.Medium: 0, taskapi.High: 2, taskapi.Urgent: 0},
		ByTag:      []taskapi.TagCount{{Tag: "home", Count: 2}, {Tag: "a", Count: 1}},
		ByList:     []taskapi.ListCount{{Count: 3}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Stats (-want +got):\n%s", diff)
	}
}

// TestTaskStats_CountsADayWithTwoMidnights counts on a day in Havana that has two midnights.
func TestTaskStats_CountsADayWithTwoMidnights(t *testing.T) {
	t.Parallel()
	havana, err := time.LoadLocation("America/Havana")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL, Now: func() time.Time { return at(1, 15) }})
	for _, due := range []time.Time{at(1, 4).Add(-time.Microsecond), at(1, 4), at(1, 5), at(2, 5).Add(-time.Microsecond), at(2, 5)} {
		mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: "due", DueAt: &due})
	}
	if stats, err := s.TaskStats(t.Context(), alice, havana); err != nil || stats.DueToday != 3 {
		t.Errorf("%d tasks are due today, %v; want 3", stats.DueToday, err)
	}
}

// forms are the forms of the schema: on one server, and distributed by Citus.
var forms = map[string]func(*testing.T) storetest.Database{
	"one server":  func(t *testing.T) storetest.Database { return storetest.NewDatabase(t) },
	"distributed": distributed,
}

func TestPurge_RemovesExpiredRows(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testPurge(t, form(t))
		})
	}
}

// after returns the position after a change.
func after(seq int64) taskapi.ChangeCursor { return taskapi.ChangeCursor{After: seq} }

// TestReadingFromTheBeginningOutlastsPurges checks that the cursor of a reader who began at 0
// stays valid when tombstones from before that are purged. It expires only if a resource is
// erased later, and its tombstone purged before the reader reaches it.
func TestReadingFromTheBeginningOutlastsPurges(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	var tasks []uuid.UUID
	for range 8 {
		tasks = append(tasks, uuid.MustParse(mustCreate(t, s, alice, full()).ID))
	}
	eraseAndPurge := func(id uuid.UUID) {
		t.Helper()
		write(t, s, alice, erase(id), nil)
		age(t, db, "0", "31 days")
		if n, err := s.Purge(t.Context()); n != 1 || err != nil {
			t.Fatalf("Purge removed %d, %v", n, err)
		}
	}
	// No later change follows, so no change has the latest number.
	eraseAndPurge(tasks[7])
	for limit := 1; limit <= 8; limit++ {
		var read []uuid.UUID
		for page := (store.ChangePage{More: true}); page.More; {
			from, err := taskapi.ParseChangeCursor(page.Next.String())
			if err != nil {
				t.Fatal(err)
			}
			if page, err = s.Changes(t.Context(), alice, from, limit); err != nil {
				t.Fatalf("by pages of %d, from %s: %v", limit, from, err)
			}
			for _, change := range page.Changes {
				read = append(read, uuid.MustParse(change.ID))
			}
			if !page.More && page.Next.String() != "9" {
				t.Errorf("by pages of %d the last cursor is %s, want 9", limit, page.Next)
			}
		}
		if diff := cmp.Diff(tasks[:7], read); diff != "" {
			t.Errorf("by pages of %d (-want +got):\n%s", limit, diff)
		}
	}

	first, err := s.Changes(t.Context(), alice, after(0), 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Changes(t.Context(), alice, after(first.Next.After), 3); !errors.Is(err, store.ErrCursorExpired) {
		t.Errorf("a cursor without Began: %v, want ErrCursorExpired", err)
	}
	eraseAndPurge(tasks[0])
	if _, err := s.Changes(t.Context(), alice, first.Next, 3); !errors.Is(err, store.ErrCursorExpired) {
		t.Errorf("a known task was erased and its tombstone purged: %v, want ErrCursorExpired", err)
	}
	for _, from := range []taskapi.ChangeCursor{{After: 11}, {After: 1, Began: 11}} {
		if _, err := s.Changes(t.Context(), alice, from, 3); !errors.Is(err, store.ErrCursorExpired) {
			t.Errorf("%s, after the latest change: %v, want ErrCursorExpired", from, err)
		}
	}
}

func testPurge(t *testing.T, db storetest.Database) {
	t.Helper()
	s := storetest.Open(t, store.Config{URL: db.URL})
	kept := mustCreate(t, s, alice, full())
	erased := write(t, s, alice, erase(uuid.MustParse(mustCreate(t, s, alice, full()).ID)), nil) // number 3
	trashed := write(t, s, alice, trash(uuid.MustParse(mustCreate(t, s, alice, full()).ID)), nil)
	key := &store.IdempotencyKey{Key: "k"}
	first := write(t, s, bob, create(full()), key)

	if n, err := s.Purge(t.Context()); n != 0 || err != nil {
		t.Errorf("Purge removed %d, %v, but nothing has expired", n, err)
	}
	// 31 days pass.
	age(t, db, "31 days", "31 days")
	if n, err := s.Purge(t.Context()); n != 3 || err != nil {
		t.Errorf("Purge removed %d, %v; want a key, a tombstone and a deleted task", n, err)
	}
	if _, err := s.Changes(t.Context(), alice, after(2), 10); !errors.Is(err, store.ErrCursorExpired) {
		t.Errorf("a cursor before the purged change of %s: %v, want ErrCursorExpired", erased.ID, err)
	}
	page, err := s.Changes(t.Context(), alice, after(3), 10)
	want := []taskapi.Change{{Seq: 6, Kind: taskapi.KindTask, ID: trashed.ID}}
	if diff := cmp.Diff(want, page.Changes); diff != "" || err != nil {
		t.Errorf("changes after it: %v (-want +got):\n%s", err, diff)
	}
	if fromTheBeginning, err := s.Changes(t.Context(), alice, after(0), 10); err != nil || len(fromTheBeginning.Changes) != 2 {
		t.Errorf("changes from the beginning: %v, %v", fromTheBeginning.Changes, err)
	}
	if diff := cmp.Diff([]taskapi.Task{kept}, mustList(t, s, alice, taskapi.ListTasksOptions{}).Tasks); diff != "" {
		t.Errorf("the list (-want +got):\n%s", diff)
	}
	if again := write(t, s, bob, create(full()), key); again.ID == first.ID {
		t.Error("the key was not purged")
	}
}

// TestRuntimeRoleCannotPurgeEarly checks that functions that act for all users have no
// arguments that extend their effect, and remove nothing before it expires.
func TestRuntimeRoleCannotPurgeEarly(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	conn, err := pgx.Connect(t.Context(), db.DirectURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `SELECT oid::regprocedure::text FROM pg_proc
		WHERE pronamespace = 'tasklane'::regnamespace AND prosecdef ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	definers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if diff := cmp.Diff([]string{"tasklane.claim_purge()", "tasklane.purge()"}, definers); err != nil || diff != "" {
		t.Errorf("functions that run as the owner: %v (-want +got):\n%s", err, diff)
	}

	s := storetest.Open(t, store.Config{URL: db.URL})
	write(t, s, alice, create(full()), &store.IdempotencyKey{Key: "k"})
	write(t, s, alice, erase(uuid.MustParse(mustCreate(t, s, alice, full()).ID)), nil)
	write(t, s, alice, trash(uuid.MustParse(mustCreate(t, s, alice, full()).ID)), nil)
	age(t, db, "1 day - 1 minute", "30 days - 1 minute")
	if n, err := s.Purge(t.Context()); n != 0 || err != nil {
		t.Errorf("Purge a minute early removed %d, %v", n, err)
	}
	age(t, db, "1 minute", "1 minute")
	if n, err := s.Purge(t.Context()); n != 3 || err != nil {
		t.Errorf("Purge removed %d, %v; want a key, a tombstone and a task", n, err)
	}
}

// age makes idempotency keys, tombstones and the trash older.
func age(t *testing.T, db storetest.Database, keys, rest string) {
	t.Helper()
	asOwner(t, db, fmt.Sprintf(`
		UPDATE tasklane.idempotency_keys SET created_at = created_at - interval '%s';
		UPDATE tasklane.erased SET erased_at = erased_at - interval '%s';
		UPDATE tasklane.tasks SET deleted_at = deleted_at - interval '%s'`, keys, rest, rest))
}

func TestEraseUser_LeavesNothing(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	mustCreate(t, s, bob, full())
	write(t, s, alice, create(full()), &store.IdempotencyKey{Key: "k"})
	write(t, s, alice, erase(uuid.MustParse(mustCreate(t, s, alice, full()).ID)), nil)
	if n, err := s.EraseUser(t.Context(), alice); n != 1 || err != nil {
		t.Errorf("EraseUser: %d, %v; want 1", n, err)
	}
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for _, table := range []string{"tasks", "erased", "idempotency_keys"} {
		var alices, all int
		err := conn.QueryRow(t.Context(), "SELECT count(*) FILTER (WHERE user_id = $1), count(*) FROM tasklane."+table, alice).Scan(&alices, &all)
		if err != nil || alices != 0 {
			t.Errorf("%s: %d rows left, %v", table, alices, err)
		}
		if table == "tasks" && all != 1 {
			t.Errorf("bob has %d tasks, want 1", all)
		}
	}
}

// TestErasedUserAddsNothing makes all writes that a token of an erased user could still
// request.
func TestErasedUserAddsNothing(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	s := storetest.Open(t, store.Config{URL: db.URL})
	task := uuid.MustParse(mustCreate(t, s, alice, full()).ID)
	for _, user := range []string{alice, "never-seen"} {
		for range 2 { // erasing can be repeated
			if _, err := s.EraseUser(t.Context(), user); err != nil {
				t.Fatal(err)
			}
		}
		for name, key := range map[string]*store.IdempotencyKey{"without a key": nil, "with a key": {Key: "k"}} {
			if _, err := s.Write(t.Context(), user, create(full()), key); !errors.Is(err, store.ErrUserErased) {
				t.Errorf("create %s: %v, want ErrUserErased", name, err)
			}
		}
		ops := []store.Operation{create(full()), create(full())}
		if _, err := s.Batch(t.Context(), user, ops, nil); !errors.Is(err, store.ErrUserErased) {
			t.Errorf("batch: %v, want ErrUserErased", err)
		}
		if usage, err := s.Usage(t.Context(), user); err != nil || usage != (store.Usage{}) {
			t.Errorf("usage: %+v, %v; want none", usage, err)
		}
	}
	if _, err := s.Write(t.Context(), alice, erase(task), nil); !errors.Is(err, store.NotFound(taskapi.KindTask)) {
		t.Errorf("erase: %v, want that of tasks", err)
	}
	if _, err := s.Changes(t.Context(), alice, taskapi.ChangeCursor{After: 1}, 10); !errors.Is(err, store.ErrCursorExpired) {
		t.Errorf("changes since before: %v, want ErrCursorExpired", err)
	}
	asOwner(t, db, "UPDATE tasklane.user_state SET erased_at = erased_at - interval '31 days'")
	if n, err := s.Purge(t.Context()); n != 2 || err != nil {
		t.Errorf("Purge: %d, %v; want 2", n, err)
	}
}
