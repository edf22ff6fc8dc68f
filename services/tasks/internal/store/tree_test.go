package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/tasks/internal/api"
	"github.com/tasklane/tasklane/services/tasks/internal/feed"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// brokenRules are the rules of lists and sub-tasks (tree.go), each with a query for the number
// of violations.
var brokenRules = map[string]string{
	"a task is in a list outside the trash": `
		SELECT count(*) FROM tasklane.tasks t WHERE t.deleted_at IS NULL AND t.list_id <> '00000000-0000-0000-0000-000000000000'
		AND NOT EXISTS (SELECT FROM tasklane.lists l WHERE l.user_id = t.user_id AND l.id = t.list_id AND l.deleted_at IS NULL)`,
	"a sub-task is in the list of its parent": `
		SELECT count(*) FROM tasklane.tasks t JOIN tasklane.tasks p ON p.user_id = t.user_id AND p.id = t.parent_id WHERE p.list_id <> t.list_id`,
	"no parent is missing": `
		SELECT count(*) FROM tasklane.tasks t WHERE t.parent_id <> '00000000-0000-0000-0000-000000000000'
		AND NOT EXISTS (SELECT FROM tasklane.tasks p WHERE p.user_id = t.user_id AND p.id = t.parent_id)`,
	"a parent is outside the trash": `
		SELECT count(*) FROM tasklane.tasks t JOIN tasklane.tasks p ON p.user_id = t.user_id AND p.id = t.parent_id
		WHERE t.deleted_at IS NULL AND p.deleted_at IS NOT NULL`,
	"a completed task has no open sub-tasks": `
		SELECT count(*) FROM tasklane.tasks t JOIN tasklane.tasks p ON p.user_id = t.user_id AND p.id = t.parent_id
		WHERE t.deleted_at IS NULL AND t.completed_at IS NULL AND p.completed_at IS NOT NULL`,
	"each task is on one of four levels, so there is no cycle": `
		WITH RECURSIVE reached (user_id, id, level) AS (
			SELECT user_id, id, 1 FROM tasklane.tasks WHERE parent_id = '00000000-0000-0000-0000-000000000000'
			UNION ALL
			SELECT t.user_id, t.id, r.level + 1 FROM reached r JOIN tasklane.tasks t ON t.user_id = r.user_id AND t.parent_id = r.id WHERE r.level < 4
		)
		SELECT (SELECT count(*) FROM tasklane.tasks) - (SELECT count(*) FROM reached)`,
	"no two tasks have the same position": `
		SELECT count(*) FROM (SELECT FROM tasklane.tasks WHERE deleted_at IS NULL GROUP BY user_id, list_id, parent_id, position HAVING count(*) > 1) AS twice`,
	"no two changes have the same number": `
		SELECT count(*) FROM (SELECT FROM (
			SELECT user_id, seq FROM tasklane.tasks UNION ALL SELECT user_id, seq FROM tasklane.lists UNION ALL SELECT user_id, seq FROM tasklane.erased
		) AS changes GROUP BY user_id, seq HAVING count(*) > 1) AS twice`,
	"the latest change has the user's number": `
		SELECT count(*) FROM tasklane.user_state s WHERE s.seq <> (SELECT max(seq) FROM (
			SELECT seq FROM tasklane.tasks WHERE user_id = s.user_id UNION ALL SELECT seq FROM tasklane.lists WHERE user_id = s.user_id
			UNION ALL SELECT seq FROM tasklane.erased WHERE user_id = s.user_id) AS changes)`,
}

// checkRules checks that no rule is broken.
func checkRules(t *testing.T, db storetest.Database) {
	t.Helper()
	for rule, query := range brokenRules {
		if n := queryAsOwner(t, db, "SELECT ("+query+")::text"); n != "0" {
			t.Errorf("%s: broken in %s cases", rule, n)
		}
	}
}

// TestTree_KeepsItsRulesUnderManyWriters makes 32 writers nest, move, complete, delete,
// restore and erase in one user's lists, while a reader follows the changes and a client
// follows the stream over HTTP.
func TestTree_KeepsItsRulesUnderManyWriters(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const writers, writes = 32, 25
			db := form(t)
			s := storetest.Open(t, store.Config{URL: db.URL})
			hub := feed.New(store.NewBus(s, db.DirectURL), slog.New(slog.DiscardHandler))
			known := &knownResources{changed: func() { hub.Changed(alice) }}
			for i := range 3 {
				known.lists = append(known.lists, makeList(t, s, alice, taskapi.CreateListRequest{Name: fmt.Sprint(i)}))
			}
			for i := range 12 {
				known.add(mustCreate(t, s, alice, taskapi.CreateTaskRequest{Title: fmt.Sprint(i), ListID: new(known.lists[i%3].String())}).ID)
			}
			var ended atomic.Bool
			var reading sync.WaitGroup
			seen, streamed := map[string]string{}, map[string]string{}
			reading.Go(func() { follow(t, s, &ended, seen) })
			client := streamClient(t, s, hub)
			reading.Go(func() { watch(t, client, streamed) })
			var writing sync.WaitGroup
			var done atomic.Int64
			for n := range writers {
				writing.Go(func() {
					random := rand.New(rand.NewPCG(uint64(n), 1))
					for range writes {
						if known.write(t, s, random) {
							done.Add(1)
						}
					}
				})
			}
			writing.Wait()
			makeList(t, s, alice, taskapi.CreateListRequest{Name: lastName})
			known.changed()
			ended.Store(true)
			reading.Wait()
			t.Logf("counted: writes succeeded %d", done.Load())
			if done.Load() < writers*writes/20 {
				t.Errorf("only %d of %d writes succeeded", done.Load(), writers*writes)
			}
			checkRules(t, db)
			checkUsage(t, db, "at the end")
			stored := map[string]string{}
			err := s.ExportUser(t.Context(), alice, func(r taskapi.Resource) error {
				var one struct{ ID string }
				err := json.Unmarshal(r.Data, &one)
				stored[one.ID] = string(r.Data)
				return err
			})
			if diff := cmp.Diff(stored, seen); err != nil || diff != "" {
				t.Errorf("the changes lead to another state, %v (-stored +seen):\n%s", err, diff)
			}
			if diff := cmp.Diff(stored, streamed); diff != "" {
				t.Errorf("the stream leads to another state (-stored +streamed):\n%s", diff)
			}
		})
	}
}

// follow reads changes until all writers have ended, and updates the state seen.
func follow(t *testing.T, s *store.Store, ended *atomic.Bool, seen map[string]string) {
	for from := (taskapi.ChangeCursor{}); ; {
		last := ended.Load()
		page, err := s.Changes(t.Context(), alice, from, 20)
		if err != nil {
			t.Error(err)
			return
		}
		for _, change := range page.Changes {
			applyChange(seen, change)
		}
		if from = page.Next; last && !page.More {
			return
		}
	}
}

// applyChange applies a change to a state.
func applyChange(seen map[string]string, change taskapi.Change) {
	// In the client, the data of an erased resource is the JSON null.
	if seen[change.ID] = string(change.Data); change.Data == nil || seen[change.ID] == "null" {
		delete(seen, change.ID)
	}
}

// lastName is the name of the list that is created after all other changes.
const lastName = "the last change"

// watch follows the stream until the last change, and updates the state seen.
func watch(t *testing.T, client *sdk.Client, seen map[string]string) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for change, err := range client.Watch(ctx, 0) {
		if err != nil {
			t.Error(err)
			return
		}
		if applyChange(seen, change); strings.Contains(string(change.Data), lastName) {
			return
		}
	}
}

// streamClient returns a client of a service on a store. Its user is alice.
func streamClient(t *testing.T, s *store.Store, hub *feed.Hub) *sdk.Client {
	t.Helper()
	server := httptest.NewServer(api.NewHandler(api.Parts{Log: slog.New(slog.DiscardHandler), Store: s, Tokens: onlyAlice{}, Hub: hub}))
	t.Cleanup(func() {
		hub.Close() // or the streams would keep the server open
		server.Close()
	})
	client, err := sdk.New(server.URL, sdk.WithTokenSource(sdk.StaticToken("alice")))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// onlyAlice authenticates every caller as alice.
type onlyAlice struct{}

func (onlyAlice) Verify(context.Context, string) (jwtauth.Identity, error) {
	return jwtauth.Identity{User: alice, Expires: time.Now().Add(time.Hour)}, nil
}

// knownResources has the resources that the writers know.
type knownResources struct {
	lists []uuid.UUID
	// changed notifies the streams of a write.
	changed func()

	mu    sync.Mutex
	tasks []string
}

func (k *knownResources) add(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tasks = append(k.tasks, id)
}

// task returns one of the latest tasks, so that writers meet.
func (k *knownResources) task(random *rand.Rand) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	latest := k.tasks[max(0, len(k.tasks)-25):]
	return latest[random.IntN(len(latest))]
}

// write makes a random write, which may be rejected because of other writers.
func (k *knownResources) write(t *testing.T, s *store.Store, random *rand.Rand) bool {
	task, other := k.task(random), k.task(random)
	id := uuid.MustParse(task)
	list := k.lists[random.IntN(len(k.lists))]
	completed := func(yes bool) store.Operation {
		return update(id, taskapi.UpdateTaskRequest{Completed: taskapi.Some(yes)})
	}
	onList := func(op taskapi.BatchOp) store.Operation {
		return store.Operation{Op: op, Kind: taskapi.KindList, ID: list}
	}
	all := map[string]int{"create": 3, "nest": 4, "move": 4, "list": 2, "top": 2, "complete": 3, "open": 3, "recur": 4, "delete": 2, "restore": 8, "erase": 1, "delete list": 1, "restore list": 6}
	var deck []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		deck = append(deck, slices.Repeat([]string{name}, all[name])...)
	}
	operations := map[string]store.Operation{
		"create":       create(taskapi.CreateTaskRequest{Title: "new", ParentID: &other, Completed: random.IntN(2) == 0}),
		"nest":         move(task, taskapi.MoveTaskRequest{ParentID: taskapi.Some(&other)}),
		"move":         move(task, placeAfter(other)),
		"list":         move(task, taskapi.MoveTaskRequest{ListID: taskapi.Some(new(list.String())), After: taskapi.Null[string]()}),
		"top":          update(id, taskapi.UpdateTaskRequest{ParentID: taskapi.Null[string]()}),
		"complete":     completed(true),
		"open":         completed(false),
		"recur":        update(id, taskapi.UpdateTaskRequest{DueOn: taskapi.Some(new("2026-11-30")), Recurrence: taskapi.Some(new("FREQ=DAILY"))}),
		"delete":       trash(id),
		"restore":      restore(id),
		"erase":        erase(id),
		"delete list":  onList(taskapi.BatchDelete),
		"restore list": onList(taskapi.BatchRestore),
	}
	out, err := s.Write(t.Context(), alice, operations[deck[random.IntN(len(deck))]], nil)
	_, rejected := errors.AsType[*store.FieldError](err)
	switch {
	case err == nil:
		k.changed()
		if made, ok := out.Resources[0].Data.(taskapi.Task); ok && made.Title == "new" && made.Version == 1 {
			k.add(made.ID)
		}
		return true
	case !rejected && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrBusy):
		t.Error(err)
	}
	return false
}
