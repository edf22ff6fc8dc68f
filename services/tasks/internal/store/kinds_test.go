package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/budget"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestMigrationsMakeEachColumn compares the columns of the kinds with those of
// the tables.
func TestMigrationsMakeEachColumn(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), storetest.NewDatabase(t).OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	collect := func(query string, args ...any) []string {
		t.Helper()
		rows, err := conn.Query(t.Context(), query, args...)
		if err != nil {
			t.Fatal(err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	for table, known := range store.Columns() {
		made := collect("SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped", table)
		for _, name := range known {
			if !slices.Contains(made, name) {
				t.Errorf("%s is in the row of %s, but no file in store/migrations adds the column", name, table)
			}
		}
		for _, name := range made {
			if !slices.Contains(known, name) {
				t.Errorf("store/migrations adds %s to %s, but the row does not have it", name, table)
			}
		}
	}
	var want []string
	for kind, table := range store.KindTables() {
		want = append(want, kind+" in "+table)
	}
	slices.Sort(want)
	if got := collect("SELECT kind || ' in tasklane.' || table_name FROM tasklane.kinds ORDER BY 1"); !slices.Equal(got, want) {
		t.Errorf("store/migrations add the kinds %q, kinds (store/kind.go) has %q", got, want)
	}
}

func TestStoreHasEveryKind(t *testing.T) {
	t.Parallel()
	tables := store.KindTables()
	for _, name := range taskapi.Kinds() {
		if tables[string(name)] == "" {
			t.Errorf("kinds (store/kind.go) lacks %q", name)
		}
	}
}

// TestWaitsForOtherWritesWithinTheBudget compares the limit of begin_write with
// the table of timeouts.
func TestWaitsForOtherWritesWithinTheBudget(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), storetest.NewDatabase(t).OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var limit string
	if err := conn.QueryRow(t.Context(), "SELECT substring(prosrc FROM 'lock_timeout'', ''([^'']+)') FROM pg_proc WHERE oid = 'tasklane.begin_write'::regproc").Scan(&limit); err != nil {
		t.Fatal(err)
	}
	if limit != budget.Lock.String() {
		t.Errorf("tasklane.begin_write waits %s for a lock, budget.Lock is %s", limit, budget.Lock)
	}
}

// withNotes returns a database with a second kind.
func withNotes(t *testing.T) storetest.Database {
	t.Helper()
	db := storetest.NewDatabase(t)
	config, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	asOwner(t, db, store.NotesMigration+"GRANT SELECT, INSERT, UPDATE, DELETE ON tasklane.notes TO "+config.User)
	return db
}

// note returns an operation on a note.
func note(op taskapi.BatchOp, id uuid.UUID, data any) store.Operation {
	return store.Operation{Op: op, Kind: store.KindNote, ID: id, Data: data}
}

// TestSecondKind has a kind that only the tests have go through everything that
// all kinds share.
func TestSecondKind(t *testing.T) {
	t.Parallel()

	t.Run("create, update, replace, delete, restore and erase", func(t *testing.T) {
		t.Parallel()
		s := store.AddNotes(storetest.Open(t, store.Config{URL: withNotes(t).URL}))
		var id uuid.UUID
		now := store.Note{}
		for i, step := range []struct {
			op   taskapi.BatchOp
			data any
			want func(*store.Note)
		}{
			{taskapi.BatchCreate, store.NoteContent{Text: "one", Stars: new(1)}, func(n *store.Note) { n.Text, n.Stars = "one", new(1) }},
			{taskapi.BatchUpdate, store.NotePatch{Text: taskapi.Some("two")}, func(n *store.Note) { n.Text = "two" }},
			{taskapi.BatchUpdate, store.NotePatch{Stars: taskapi.Null[int]()}, func(n *store.Note) { n.Stars = nil }},
			{taskapi.BatchReplace, store.NoteContent{Text: "three", Stars: new(3)}, func(n *store.Note) { n.Text, n.Stars = "three", new(3) }},
			{taskapi.BatchDelete, nil, nil},
			{taskapi.BatchRestore, nil, func(n *store.Note) { n.DeletedAt = nil }},
		} {
			key := &store.IdempotencyKey{Key: fmt.Sprint(i)}
			out, err := s.Write(t.Context(), alice, note(step.op, id, step.data), key)
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			got := out.Resources[0].Data.(store.Note)
			id = out.Resources[0].ID
			want := now
			want.ID, want.Version, want.CreatedAt, want.UpdatedAt = id.String(), int64(i+1), got.CreatedAt, got.UpdatedAt
			if step.want != nil {
				step.want(&want)
			} else if want.DeletedAt = got.DeletedAt; got.DeletedAt == nil {
				t.Error("a deleted note has no time")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("step %d (-want +got):\n%s", i, diff)
			}
			read, err := s.Get(t.Context(), alice, store.KindNote, id)
			if diff := cmp.Diff(out.Resources[0], read); err != nil || diff != "" {
				t.Errorf("step %d: %v, Get (-written +got):\n%s", i, err, diff)
			}
			again, err := s.Write(t.Context(), alice, note(step.op, id, step.data), key)
			if diff := cmp.Diff(store.Outcome{Resources: out.Resources, Replayed: true}, again); err != nil || diff != "" {
				t.Errorf("step %d again: %v (-first +again):\n%s", i, err, diff)
			}
			now = got
		}
		var conflict *store.ConflictError
		if _, err := s.Write(t.Context(), alice, ifVersion(note(taskapi.BatchErase, id, nil), 1), nil); !errors.As(err, &conflict) || conflict.Current.Data.(store.Note).Text != "three" {
			t.Errorf("erase of another version: %v, want a conflict with the note", err)
		}
		if _, err := s.Write(t.Context(), bob, note(taskapi.BatchErase, id, nil), nil); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("erase by bob: %v, want ErrNotFound", err)
		}
		if _, err := s.Write(t.Context(), alice, note(taskapi.BatchErase, id, nil), nil); err != nil {
			t.Error(err)
		}
		if _, err := s.Get(t.Context(), alice, store.KindNote, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an erased note: %v, want ErrNotFound", err)
		}
	})

	t.Run("a batch, changes, export and the end of the user", func(t *testing.T) {
		t.Parallel()
		s := store.AddNotes(storetest.Open(t, store.Config{URL: withNotes(t).URL}))
		made, err := s.Batch(t.Context(), alice, []store.Operation{
			create(taskapi.CreateTaskRequest{Title: "task"}),                             // 1
			note(taskapi.BatchCreate, uuid.Nil, store.NoteContent{Text: "kept"}),         // 2
			note(taskapi.BatchCreate, uuid.Nil, store.NoteContent{Text: "not for long"}), // 3
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		gone := made.Resources[2].ID
		key := &store.IdempotencyKey{Key: "k"}
		operations := []store.Operation{
			note(taskapi.BatchUpdate, gone, store.NotePatch{Text: taskapi.Some("gone")}),          // 4
			note(taskapi.BatchErase, gone, nil),                                                   // 5
			update(made.Resources[0].ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("first")}), // 6
		}
		out, err := s.Batch(t.Context(), alice, operations, key)
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Resources[1].Data.(store.Note).Text; got != "gone" {
			t.Errorf("the erased note is %q, want it as it was before", got)
		}
		again, err := s.Batch(t.Context(), alice, operations, key)
		if diff := cmp.Diff(store.Outcome{Resources: out.Resources, Replayed: true}, again); err != nil || diff != "" {
			t.Errorf("the batch again: %v (-first +again):\n%s", err, diff)
		}
		_, err = s.Batch(t.Context(), alice, []store.Operation{trash(made.Resources[0].ID), note(taskapi.BatchDelete, gone, nil)}, nil)
		var failed *store.BatchError
		if !errors.As(err, &failed) || failed.Index != 1 || !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a batch with an erased note: %v", err)
		}

		wire := func(r store.Resource) json.RawMessage {
			data, err := json.Marshal(r.Data)
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		task, kept := out.Resources[2], made.Resources[1]
		want := []taskapi.Change{
			{Seq: 2, Kind: store.KindNote, ID: kept.ID.String(), Data: wire(kept)},
			{Seq: 5, Kind: store.KindNote, ID: gone.String()},
			{Seq: 6, Kind: taskapi.KindTask, ID: task.ID.String(), Data: wire(task)},
		}
		for limit := 1; limit <= 4; limit++ {
			var got []taskapi.Change
			page := store.ChangePage{More: true}
			for page.More {
				if page, err = s.Changes(t.Context(), alice, page.Next, limit); err != nil {
					t.Fatal(err)
				}
				got = append(got, page.Changes...)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("changes by pages of %d (-want +got):\n%s", limit, diff)
			}
		}
		var exported []taskapi.Resource
		if err := s.ExportUser(t.Context(), alice, func(r taskapi.Resource) error { exported = append(exported, r); return nil }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]taskapi.Resource{{Kind: taskapi.KindTask, Data: wire(task)}, {Kind: store.KindNote, Data: wire(kept)}}, exported); diff != "" {
			t.Errorf("ExportUser (-want +got):\n%s", diff)
		}
		if n, err := s.EraseUser(t.Context(), alice); n != 2 || err != nil {
			t.Errorf("EraseUser: %d, %v; want 2", n, err)
		}
	})

	t.Run("its trash is purged", func(t *testing.T) {
		t.Parallel()
		db := withNotes(t)
		s := store.AddNotes(storetest.Open(t, store.Config{URL: db.URL}))
		out, err := s.Write(t.Context(), alice, note(taskapi.BatchCreate, uuid.Nil, store.NoteContent{Text: "old"}), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(t.Context(), alice, note(taskapi.BatchDelete, out.Resources[0].ID, nil), nil); err != nil {
			t.Fatal(err)
		}
		asOwner(t, db, "UPDATE tasklane.notes SET deleted_at = deleted_at - interval '31 days'")
		if n, err := s.Purge(t.Context()); n != 1 || err != nil {
			t.Errorf("Purge removed %d, %v; want the note", n, err)
		}
		page, err := s.Changes(t.Context(), alice, after(2), 10)
		want := []taskapi.Change{{Seq: 3, Kind: store.KindNote, ID: out.Resources[0].ID.String()}}
		if diff := cmp.Diff(want, page.Changes); err != nil || diff != "" {
			t.Errorf("changes: %v (-want +got):\n%s", err, diff)
		}
	})

	t.Run("its table must be protected", func(t *testing.T) {
		t.Parallel()
		for statement, found := range map[string]string{
			"SELECT": "",
			"ALTER TABLE tasklane.notes NO FORCE ROW LEVEL SECURITY":    "not forced on notes",
			"DROP POLICY own_rows ON tasklane.notes":                    "no policy own_rows on notes",
			"ALTER TABLE tasklane.notes RENAME COLUMN user_id TO owner": "tasklane.notes is not a table with rows of users",
		} {
			db := withNotes(t)
			asOwner(t, db, statement)
			s := store.AddNotes(storetest.Open(t, store.Config{URL: db.URL}))
			if err := s.CheckSafety(t.Context()); (err != nil) != (found != "") || err != nil && !strings.Contains(err.Error(), found) {
				t.Errorf("%s: CheckSafety: %v, want %q", statement, err, found)
			}
		}
		db := withNotes(t)
		s := store.AddNotes(storetest.Open(t, store.Config{URL: db.URL}))
		if err := s.ProbeIsolation(t.Context()); err != nil {
			t.Error(err)
		}
		asOwner(t, db, "CREATE POLICY open ON tasklane.notes FOR SELECT USING (true)")
		if err := s.ProbeIsolation(t.Context()); !errors.Is(err, store.ErrLeak) || !strings.Contains(err.Error(), "notes") {
			t.Errorf("ProbeIsolation: %v, want a leak of notes", err)
		}
	})
}

// TestFeedOfSeveralKinds has writers change tasks and notes while a reader
// follows the changes. The reader must end with the state of the database.
func TestFeedOfSeveralKinds(t *testing.T) {
	t.Parallel()
	const writers, writesEach = 6, 150
	s := store.AddNotes(storetest.Open(t, store.Config{URL: withNotes(t).URL}))
	var writing errgroup.Group
	for w := range writers {
		writing.Go(func() error {
			random := rand.New(rand.NewPCG(uint64(w), 1))
			var mine []store.Resource
			for i := range writesEach {
				op := create(taskapi.CreateTaskRequest{Title: fmt.Sprint(w, i)})
				if random.IntN(2) == 0 {
					op = note(taskapi.BatchCreate, uuid.Nil, store.NoteContent{Text: fmt.Sprint(w, i)})
				}
				if len(mine) > 20 {
					at := random.IntN(len(mine))
					op = store.Operation{Op: taskapi.BatchErase, Kind: mine[at].Kind, ID: mine[at].ID}
					mine = slices.Delete(mine, at, at+1)
				}
				out, err := s.Write(t.Context(), alice, op, nil)
				if err != nil {
					return err
				}
				if op.Op == taskapi.BatchCreate {
					mine = append(mine, out.Resources[0])
				}
			}
			return nil
		})
	}
	done := make(chan error, 1)
	go func() { done <- writing.Wait() }()

	state := map[string]string{}
	var cursor int64
	for finished := false; ; {
		page, err := s.Changes(t.Context(), alice, after(cursor), 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range page.Changes {
			if change.Seq <= cursor {
				t.Fatalf("number %d after %d", change.Seq, cursor)
			}
			cursor = change.Seq
			if state[change.ID] = string(change.Data); change.Erased() {
				delete(state, change.ID)
			}
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
			finished = true // and read once more
		default:
		}
	}
	want := map[string]string{}
	err := s.ExportUser(t.Context(), alice, func(r taskapi.Resource) error {
		var named struct{ ID string }
		err := json.Unmarshal(r.Data, &named)
		want[named.ID] = string(r.Data)
		return err
	})
	if diff := cmp.Diff(want, state); err != nil || diff != "" {
		t.Errorf("the state of the changes: %v (-database +changes):\n%s", err, diff)
	}
}

// TestChangesWhileOthersCommit has a transaction commit between two statements
// of Changes, which then see different states of the database.
func TestChangesWhileOthersCommit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, lock, meanwhile string
		want                  error
	}{
		{
			"what was changed behind a reader's back is on the next page", "tasklane.notes",
			"UPDATE tasklane.tasks SET seq = 3; UPDATE tasklane.notes SET seq = 4; UPDATE tasklane.user_state SET seq = 4", nil,
		},
		{
			"what was purged behind a reader's back is noticed", "tasklane.erased",
			"UPDATE tasklane.user_state SET seq = 4, purged_seq = 3", store.ErrCursorExpired,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := withNotes(t)
			s := store.AddNotes(storetest.Open(t, store.Config{URL: db.URL + "&pool_max_conns=1"}))
			_, err := s.Batch(t.Context(), alice, []store.Operation{
				create(full()), note(taskapi.BatchCreate, uuid.Nil, store.NoteContent{Text: "note"}),
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Changes(t.Context(), alice, after(2), 10); err != nil { // prepares the statements
				t.Fatal(err)
			}
			owner, err := pgx.Connect(t.Context(), db.OwnerURL)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = owner.Close(context.WithoutCancel(t.Context())) }()
			if _, err := owner.Exec(t.Context(), "BEGIN; LOCK TABLE "+tc.lock); err != nil {
				t.Fatal(err)
			}
			var page store.ChangePage
			var reading errgroup.Group
			reading.Go(func() (err error) {
				page, err = s.Changes(t.Context(), alice, after(2), 10)
				return err
			})
			awaitWaiters(t, db, 1, 0)
			if _, err := owner.Exec(t.Context(), tc.meanwhile+"; COMMIT"); err != nil {
				t.Fatal(err)
			}
			if err := reading.Wait(); !errors.Is(err, tc.want) {
				t.Fatalf("Changes: %v, want %v", err, tc.want)
			}
			if tc.want != nil {
				return
			}
			next, err := s.Changes(t.Context(), alice, page.Next, 10)
			if err != nil || len(page.Changes) != 0 || len(next.Changes) != 2 {
				t.Errorf("%v, then %v, %v; want none and two", page.Changes, next.Changes, err)
			}
		})
	}
}

// TestZoneOfTheSessionIsIrrelevant writes and reads in a database whose clocks
// are 12:45 or 13:45 hours ahead.
func TestZoneOfTheSessionIsIrrelevant(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	name := db.OwnerURL[strings.LastIndex(db.OwnerURL, "/test_")+1:]
	name, _, _ = strings.Cut(name, "?")
	asOwner(t, db, "ALTER DATABASE "+name+" SET timezone = 'Pacific/Chatham'")
	s := storetest.Open(t, store.Config{URL: db.URL})
	encode := func(v any) string {
		t.Helper()
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "+1") || !strings.Contains(string(data), "Z") {
			t.Errorf("not in UTC: %s", data)
		}
		return string(data)
	}
	req := full()
	req.DueAt = new(time.Date(2026, 4, 5, 2, 30, 0, 123456789, time.FixedZone("", 13*3600)))
	key := &store.IdempotencyKey{Key: "k"}
	created := write(t, s, alice, create(req), key)
	if want := req.DueAt.UTC().Truncate(time.Microsecond); *created.DueAt != want {
		t.Errorf("due at %v, want %v", created.DueAt, want)
	}
	want := encode(created)
	if got := encode(write(t, s, alice, create(req), key)); got != want {
		t.Errorf("replayed\n%s, want\n%s", got, want)
	}
	read := mustGet(t, s, alice, created.ID)
	if got := encode(read); got != want {
		t.Errorf("Get:\n%s, want\n%s", got, want)
	}
	if read.CreatedAt.Location() != time.UTC || read.DueAt.Location() != time.UTC {
		t.Errorf("times in %v and %v, want UTC wherever the program runs", read.CreatedAt.Location(), read.DueAt.Location())
	}
	unchanged := taskapi.UpdateTaskRequest{DueAt: taskapi.Some(req.DueAt)}
	if got := encode(write(t, s, alice, update(uuid.MustParse(created.ID), unchanged), nil)); got != want {
		t.Errorf("an update that changes nothing:\n%s, want\n%s", got, want)
	}
	if page := mustList(t, s, alice, taskapi.ListTasksOptions{DueAfter: created.DueAt}); encode(page.Tasks) != "["+want+"]" {
		t.Errorf("the list:\n%s, want\n%s", encode(page.Tasks), want)
	}
	changes, err := s.Changes(t.Context(), alice, after(0), 10)
	if err != nil || string(changes.Changes[0].Data) != want {
		t.Errorf("changes: %v\n%s, want\n%s", err, changes.Changes[0].Data, want)
	}
}

// TestOneTimeForEachTransaction has a clock that is a test's.
func TestOneTimeForEachTransaction(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 17, 0, 0, 123456789, time.FixedZone("", 3600))
	at := now.UTC().Truncate(time.Microsecond)
	s := storetest.Open(t, store.Config{URL: storetest.NewDatabase(t).URL, Now: func() time.Time { return now }})
	out, err := s.Batch(t.Context(), alice, []store.Operation{create(full()), create(full())}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out.Resources {
		if task := r.Data.(taskapi.Task); task.CreatedAt != at || task.UpdatedAt != at || *task.CompletedAt != at {
			t.Errorf("made at %v, %v, %v; want %v", task.CreatedAt, task.UpdatedAt, task.CompletedAt, at)
		}
	}
	now = now.Add(time.Hour)
	id := out.Resources[0].ID
	task := write(t, s, alice, update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some("later")}), nil)
	if want := at.Add(time.Hour); task.UpdatedAt != want || task.CreatedAt != at {
		t.Errorf("updated at %v, want %v", task.UpdatedAt, want)
	}
	now = now.Add(-2 * time.Hour)
	task = write(t, s, alice, trash(id), nil)
	if want := at.Add(time.Hour); task.UpdatedAt != want || *task.DeletedAt != want {
		t.Errorf("deleted at %v with a clock that went back, want %v", task.DeletedAt, want)
	}
	stats, err := s.TaskStats(t.Context(), alice, "UTC")
	if err != nil || stats.Completed != 1 || stats.Deleted != 1 {
		t.Errorf("TaskStats: %+v, %v", stats, err)
	}
}
