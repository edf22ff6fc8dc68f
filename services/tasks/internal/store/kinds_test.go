package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestMigrationsMakeEachColumn compares the columns of the kinds with those of the
// tables.
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

// withSamples returns a database with an additional kind.
func withSamples(t *testing.T) storetest.Database {
	t.Helper()
	db := storetest.NewDatabase(t)
	config, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	asOwner(t, db, store.SamplesMigration+"GRANT SELECT, INSERT, UPDATE, DELETE ON tasklane.samples TO "+config.User)
	return db
}

// sample returns an operation on a sample.
func sample(op taskapi.BatchOp, id uuid.UUID, data any) store.Operation {
	return store.Operation{Op: op, Kind: store.KindSample, ID: id, Data: data}
}

// TestSecondKind runs all shared code of kinds with a kind that only tests have.
func TestSecondKind(t *testing.T) {
	t.Parallel()

	t.Run("has every operation", func(t *testing.T) {
		t.Parallel()
		s := store.AddSamples(storetest.Open(t, store.Config{URL: withSamples(t).URL}))
		var id uuid.UUID
		now := store.Sample{}
		for i, step := range []struct {
			op   taskapi.BatchOp
			data any
			want func(*store.Sample)
		}{
			{taskapi.BatchCreate, store.SampleContent{Text: "one", Stars: new(1)}, func(n *store.Sample) { n.Text, n.Stars = "one", new(1) }},
			{taskapi.BatchUpdate, store.SamplePatch{Text: taskapi.Some("two")}, func(n *store.Sample) { n.Text = "two" }},
			{taskapi.BatchUpdate, store.SamplePatch{Stars: taskapi.Null[int]()}, func(n *store.Sample) { n.Stars = nil }},
			{taskapi.BatchReplace, store.SampleContent{Text: "three", Stars: new(3)}, func(n *store.Sample) { n.Text, n.Stars = "three", new(3) }},
			{taskapi.BatchDelete, nil, nil},
			{taskapi.BatchRestore, nil, func(n *store.Sample) { n.DeletedAt = nil }},
		} {
			key := &store.IdempotencyKey{Key: fmt.Sprint(i)}
			out, err := s.Write(t.Context(), alice, sample(step.op, id, step.data), key)
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			got := out.Resources[0].Data.(store.Sample)
			id = out.Resources[0].ID
			want := now
			want.ID, want.Version, want.CreatedAt, want.UpdatedAt = id.String(), int64(i+1), got.CreatedAt, got.UpdatedAt
			if step.want != nil {
				step.want(&want)
			} else if want.DeletedAt = got.DeletedAt; got.DeletedAt == nil {
				t.Error("a deleted sample has no deletion time")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("step %d (-want +got):\n%s", i, diff)
			}
			read, err := s.Get(t.Context(), alice, store.KindSample, id)
			if diff := cmp.Diff(out.Resources[0], read); err != nil || diff != "" {
				t.Errorf("step %d: %v, Get (-written +got):\n%s", i, err, diff)
			}
			again, err := s.Write(t.Context(), alice, sample(step.op, id, step.data), key)
			if diff := cmp.Diff(store.Outcome{Resources: out.Resources, Replayed: true}, again); err != nil || diff != "" {
				t.Errorf("step %d again: %v (-first +again):\n%s", i, err, diff)
			}
			now = got
		}
		var conflict *store.ConflictError
		if _, err := s.Write(t.Context(), alice, ifVersion(sample(taskapi.BatchErase, id, nil), 1), nil); !errors.As(err, &conflict) || conflict.Current.Data.(store.Sample).Text != "three" {
			t.Errorf("erase of another version: %v, want a conflict with the sample", err)
		}
		if _, err := s.Write(t.Context(), bob, sample(taskapi.BatchErase, id, nil), nil); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("erase by bob: %v, want ErrNotFound", err)
		}
		if _, err := s.Write(t.Context(), alice, sample(taskapi.BatchErase, id, nil), nil); err != nil {
			t.Error(err)
		}
		if _, err := s.Get(t.Context(), alice, store.KindSample, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an erased sample: %v, want ErrNotFound", err)
		}
	})

	t.Run("is in batches, changes and exports, and erased with the user", func(t *testing.T) {
		t.Parallel()
		s := store.AddSamples(storetest.Open(t, store.Config{URL: withSamples(t).URL}))
		made, err := s.Batch(t.Context(), alice, []store.Operation{
			create(taskapi.CreateTaskRequest{Title: "task"}),                                 // 1
			sample(taskapi.BatchCreate, uuid.Nil, store.SampleContent{Text: "kept"}),         // 2
			sample(taskapi.BatchCreate, uuid.Nil, store.SampleContent{Text: "not for long"}), // 3
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		gone := made.Resources[2].ID
		key := &store.IdempotencyKey{Key: "k"}
		operations := []store.Operation{
			sample(taskapi.BatchUpdate, gone, store.SamplePatch{Text: taskapi.Some("gone")}),      // 4
			sample(taskapi.BatchErase, gone, nil),                                                 // 5
			update(made.Resources[0].ID, taskapi.UpdateTaskRequest{Title: taskapi.Some("first")}), // 6
		}
		out, err := s.Batch(t.Context(), alice, operations, key)
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Resources[1].Data.(store.Sample).Text; got != "gone" {
			t.Errorf("the erased sample is %q, want its last state", got)
		}
		again, err := s.Batch(t.Context(), alice, operations, key)
		for i := range 2 { // the sample before it was erased, and the erased sample
			if left := again.Resources[i].Data.(store.Sample); left.Text != "" || left.ID != gone.String() {
				t.Errorf("the erased sample again is %+v, want nothing of its content", left)
			}
			again.Resources[i].Data = out.Resources[i].Data
		}
		if diff := cmp.Diff(store.Outcome{Resources: out.Resources, Replayed: true, Erased: true}, again); err != nil || diff != "" {
			t.Errorf("the batch again: %v (-first +again):\n%s", err, diff)
		}
		_, err = s.Batch(t.Context(), alice, []store.Operation{trash(made.Resources[0].ID), sample(taskapi.BatchDelete, gone, nil)}, nil)
		var failed *store.BatchError
		if !errors.As(err, &failed) || failed.Index != 1 || !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a batch with an erased sample: %v", err)
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
			{Seq: 2, Kind: store.KindSample, ID: kept.ID.String(), Data: wire(kept)},
			{Seq: 5, Kind: store.KindSample, ID: gone.String()},
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
		if diff := cmp.Diff([]taskapi.Resource{{Kind: taskapi.KindTask, Data: wire(task)}, {Kind: store.KindSample, Data: wire(kept)}}, exported); diff != "" {
			t.Errorf("ExportUser (-want +got):\n%s", diff)
		}
		if n, err := s.EraseUser(t.Context(), alice); n != 2 || err != nil {
			t.Errorf("EraseUser: %d, %v; want 2", n, err)
		}
	})

	t.Run("purges its trash", func(t *testing.T) {
		t.Parallel()
		db := withSamples(t)
		s := store.AddSamples(storetest.Open(t, store.Config{URL: db.URL}))
		out, err := s.Write(t.Context(), alice, sample(taskapi.BatchCreate, uuid.Nil, store.SampleContent{Text: "old"}), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(t.Context(), alice, sample(taskapi.BatchDelete, out.Resources[0].ID, nil), nil); err != nil {
			t.Fatal(err)
		}
		asOwner(t, db, "UPDATE tasklane.samples SET deleted_at = deleted_at - interval '31 days'")
		if n, err := s.Purge(t.Context()); n != 1 || err != nil {
			t.Errorf("Purge removed %d, %v; want the sample", n, err)
		}
		page, err := s.Changes(t.Context(), alice, after(2), 10)
		want := []taskapi.Change{{Seq: 3, Kind: store.KindSample, ID: out.Resources[0].ID.String()}}
		if diff := cmp.Diff(want, page.Changes); err != nil || diff != "" {
			t.Errorf("changes: %v (-want +got):\n%s", err, diff)
		}
	})

	t.Run("requires a protected table", func(t *testing.T) {
		t.Parallel()
		for statement, found := range map[string]string{
			"SELECT": "",
			"ALTER TABLE tasklane.samples NO FORCE ROW LEVEL SECURITY":    "not forced on samples",
			"DROP POLICY own_rows ON tasklane.samples":                    "no policy own_rows on samples",
			"ALTER TABLE tasklane.samples RENAME COLUMN user_id TO owner": "tasklane.samples is not a table with rows of users",
		} {
			db := withSamples(t)
			asOwner(t, db, statement)
			s := store.AddSamples(storetest.Open(t, store.Config{URL: db.URL}))
			if err := s.CheckSafety(t.Context()); (err != nil) != (found != "") || err != nil && !strings.Contains(err.Error(), found) {
				t.Errorf("%s: CheckSafety: %v, want %q", statement, err, found)
			}
		}
		db := withSamples(t)
		s := store.AddSamples(storetest.Open(t, store.Config{URL: db.URL}))
		if err := s.ProbeIsolation(t.Context()); err != nil {
			t.Error(err)
		}
		asOwner(t, db, "CREATE POLICY open ON tasklane.samples FOR SELECT USING (true)")
		if err := s.ProbeIsolation(t.Context()); !errors.Is(err, store.ErrLeak) || !strings.Contains(err.Error(), "samples") {
			t.Errorf("ProbeIsolation: %v, want a leak of samples", err)
		}
	})
}
