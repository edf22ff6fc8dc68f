package store_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// recorder records the text of every statement, with its latest arguments.
type recorder struct {
	mu    sync.Mutex
	texts map[string][]any
}

func (r *recorder) add(text string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts[text] = args
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.add(data.SQL, data.Args)
	return ctx
}

func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	r.add(data.SQL, data.Args)
}

func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TestStatements_HaveNoValuesAndNameTheUser runs every method of the store twice, with different values, and checks
// the statements: no text may contain a value, and every statement on a table must name
// the user.
func TestStatements_HaveNoValuesAndNameTheUser(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	sent := func(user, text string, n int) map[string][]any {
		r := &recorder{texts: map[string][]any{}}
		s := storetest.Open(t, store.Config{URL: db.URL, Tracer: r})
		exercise(t, s, user, text, n)
		return r.texts
	}
	const user, text = "zebrauser", "zebratext"
	texts, others := sent(user, text, 61), sent("otheruser", "othertext", 62)
	if len(texts) < 20 {
		t.Errorf("only %d statements were recorded", len(texts))
	}
	value := regexp.MustCompile(`zebra|\b61\b`)
	for text := range texts {
		if _, same := others[text]; value.MatchString(text) || !same {
			t.Errorf("a value is in the text of:\n%s", text)
		}
		if ofTables.MatchString(text) && !strings.Contains(text, "user_id = $") && !strings.Contains(text, `"user_id"`) && !strings.Contains(text, "(user_id,") {
			t.Errorf("the statement does not name the user:\n%s", text)
		}
	}
}

// exercise calls every method of the store that has a user.
func exercise(t *testing.T, s *store.Store, user, text string, n int) {
	t.Helper()
	ctx := t.Context()
	at := time.Date(2026, 1, 1, 0, 0, 0, n, time.UTC)
	on := func(key string) *store.IdempotencyKey {
		return &store.IdempotencyKey{Key: text + key, Request: [32]byte{byte(n)}}
	}
	req := taskapi.CreateTaskRequest{
		Title: text, Description: text, Tags: []string{text}, DueAt: &at, Priority: taskapi.High, Completed: true,
	}
	task := write(t, s, user, create(req), on("create"))
	write(t, s, user, create(req), on("create"))
	id := uuid.MustParse(task.ID)
	write(t, s, user, ifVersion(update(id, taskapi.UpdateTaskRequest{Title: taskapi.Some(text + "!")}), 1, int64(n)), on("update"))
	write(t, s, user, replace(id, taskapi.ReplaceTaskRequest{Title: text}), on("replace"))
	write(t, s, user, update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}), on("complete"))
	write(t, s, user, trash(id), on("delete"))
	write(t, s, user, restore(id), on("restore"))
	_, err := s.Batch(ctx, user, []store.Operation{
		create(req),
		update(uuid.MustParse(task.ID), taskapi.UpdateTaskRequest{Description: taskapi.Some(text + fmt.Sprint(n))}),
	}, on("batch"))
	if err != nil {
		t.Fatal(err)
	}
	recurring := write(t, s, user, create(taskapi.CreateTaskRequest{Title: text, DueAt: &at, Recurrence: new("FREQ=DAILY")}), nil)
	write(t, s, user, create(taskapi.CreateTaskRequest{Title: text, ParentID: &recurring.ID, DueAt: &at}), nil)
	write(t, s, user, complete(recurring.ID), on("complete a recurring one"))
	write(t, s, user, reopen(recurring.ID), on("reopen a recurring one"))
	if _, err := s.TaskOccurrences(ctx, user, uuid.MustParse(recurring.ID), n); err != nil {
		t.Fatal(err)
	}
	for _, to := range []taskapi.MoveTaskRequest{
		placeAfter(write(t, s, user, create(req), nil).ID),
		{Before: taskapi.Some(new(write(t, s, user, create(req), nil).ID))},
		{After: taskapi.Null[string]()},
		{Before: taskapi.Null[string]()},
	} {
		write(t, s, user, move(task.ID, to), on(fmt.Sprint("move", to)))
	}
	for _, sort := range taskapi.Sorts() {
		options := taskapi.ListTasksOptions{
			Completed: new(n%2 == 0), Priorities: []taskapi.Priority{taskapi.High, taskapi.None}, Tags: []string{text},
			DueBefore: new(at.Add(1)), DueAfter: &at, Query: text, Sort: sort, Limit: n,
		}
		mustList(t, s, user, options)
		options.Deleted = true
		mustList(t, s, user, options)
		plain := mustList(t, s, user, taskapi.ListTasksOptions{Sort: sort, Limit: 1})
		mustList(t, s, user, taskapi.ListTasksOptions{Sort: sort, Limit: n, Cursor: plain.NextCursor})
	}
	if _, err := s.TaskStats(ctx, user, time.FixedZone("", n)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Agenda(ctx, user, nil, n); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Usage(ctx, user); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Changes(ctx, user, after(int64(n%3)), n); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, user, taskapi.KindTask, id); err != nil {
		t.Fatal(err)
	}
	write(t, s, user, erase(id), on("erase"))
	exerciseLists(t, s, user, text, n)
	for _, zone := range []string{"Asia/Tokyo", "Europe/Berlin"} {
		if _, err := s.Write(ctx, user, zoneOf(zone), on(zone)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.TaskStats(ctx, user, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.ExportUser(ctx, user, func(taskapi.Resource) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.EraseUser(ctx, user); err != nil {
		t.Fatal(err)
	}
}

// exerciseLists calls every method on lists.
func exerciseLists(t *testing.T, s *store.Store, user, text string, n int) {
	t.Helper()
	id := makeList(t, s, user, taskapi.CreateListRequest{Name: text, Color: new(taskapi.Green)})
	write(t, s, user, create(taskapi.CreateTaskRequest{Title: text, ListID: new(id.String())}), nil)
	for _, list := range []string{id.String(), taskapi.Inbox} {
		mustList(t, s, user, taskapi.ListTasksOptions{ListID: list, Sort: taskapi.ManualOrder, Limit: n})
	}
	for _, op := range []store.Operation{
		{Op: taskapi.BatchUpdate, Data: taskapi.UpdateListRequest{Archived: taskapi.Some(true)}},
		{Op: taskapi.BatchDelete},
		{Op: taskapi.BatchRestore},
		{Op: taskapi.BatchErase},
	} {
		for _, options := range []taskapi.ListListsOptions{{}, {Deleted: true}, {Archived: new(n%2 == 0)}} {
			options.Limit = n
			if _, err := s.List(t.Context(), user, taskapi.KindList, options); err != nil {
				t.Fatal(err)
			}
		}
		op.Kind, op.ID = taskapi.KindList, id
		if _, err := s.Write(t.Context(), user, op, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func makeList(t *testing.T, s *store.Store, user string, list taskapi.CreateListRequest) uuid.UUID {
	t.Helper()
	out, err := s.Write(t.Context(), user, store.Operation{Op: taskapi.BatchCreate, Kind: taskapi.KindList, Data: list}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out.Resources[0].ID
}

// zoneOf returns the operation that changes the user's time zone.
func zoneOf(zone string) store.Operation {
	return store.Operation{
		Op: taskapi.BatchUpdate, Kind: taskapi.KindSettings, ID: uuid.MustParse(taskapi.SettingsID),
		Data: taskapi.UpdateSettingsRequest{TimeZone: taskapi.Some(zone)},
	}
}
