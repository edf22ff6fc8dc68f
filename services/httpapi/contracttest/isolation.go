package contracttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// Person is a user of the server under attack.
type Person struct {
	Send Send
	// Own are texts that stand in answers to this user and to no other, such
	// as the user's id.
	Own []string
}

// Loot is what a stranger may have got hold of: names of things that are
// somebody else's.
type Loot struct {
	// Live and Trashed are ids of tasks, both of version 2.
	Live, Trashed string
	// Cursors are places in the list, by its order.
	Cursors map[taskapi.Sort]string
	// Keys are idempotency keys of a create and of a batch.
	CreateKey, BatchKey string
	// Seq is the number of the latest change.
	Seq int64
}

// Attempts are what a stranger tries at an operation with what is somebody
// else's, and with what is their own.
type Attempts func(theirs, own Loot) []Request

// secret stands in every text of the tasks that are attacked.
const secret = "quince"

// tagged are the tasks of a list that is attacked; more than any stranger has.
const tagged = 20

// Isolation lets strangers try each operation of the document on what is
// another user's, on what was another user's and is erased, and on what never
// was. They have lists of their own which are alike, so their answers must be
// alike too, byte for byte but for what differs between any two users. An
// operation without attempts fails the test; more are those of operations that
// only this server has.
func Isolation(t *testing.T, document []byte, newPerson func() Person, more map[string]Attempts) {
	t.Helper()
	table := maps.Clone(attempts)
	maps.Copy(table, more)

	victim, gone := newPerson(), newPerson()
	theirs, erased := fill(t, victim), fill(t, gone)
	erase(t, gone, erased)
	invented := erased
	invented.Live, invented.Trashed, invented.Seq = uuid.NewString(), uuid.NewString(), 1<<50
	invented.CreateKey, invented.BatchKey = uuid.NewString(), uuid.NewString()

	before := everything(t, victim)
	strangers := []struct {
		name   string
		person Person
		loot   Loot
		own    Loot
	}{
		{name: "another user's", person: newPerson(), loot: theirs},
		{name: "erased", person: newPerson(), loot: erased},
		{name: "invented", person: newPerson(), loot: invented},
	}
	for i := range strangers {
		strangers[i].own = settle(t, strangers[i].person)
	}
	sent, leaks := 0, 0
	for _, op := range load(t, document) {
		try, ok := table[op.OperationID]
		if !ok {
			t.Errorf("the operation %s has no attempts of a stranger", op.OperationID)
			continue
		}
		var said [][]string
		for _, s := range strangers {
			var answers []string
			for _, r := range try(s.loot, s.own) {
				answer := s.person.Send(t, r)
				sent++
				if strings.Contains(string(answer.Body), secret) {
					leaks++
					t.Errorf("%s %s tells of %s: %s", r.Method, r.Path, s.name, answer.Body)
				}
				answers = append(answers, alike(r.Method, answer, s.person, s.loot))
			}
			said = append(said, answers)
		}
		for i, s := range strangers[1:] {
			if diff := cmp.Diff(said[0], said[i+1]); diff != "" {
				leaks++
				t.Errorf("%s: the answers differ (-%s +%s):\n%s", op.OperationID, strangers[0].name, s.name, diff)
			}
		}
	}
	if diff := cmp.Diff(before, everything(t, victim)); diff != "" {
		t.Errorf("strangers changed the list (-before +after):\n%s", diff)
	}
	t.Logf("counted: requests sent %d, leaks %d", sent, leaks)
}

// fill gives a person a list whose names are worth stealing.
func fill(t testing.TB, p Person) Loot {
	t.Helper()
	loot := Loot{Cursors: map[taskapi.Sort]string{}, CreateKey: "key-" + uuid.NewString(), BatchKey: "key-" + uuid.NewString()}
	var batch taskapi.BatchResponse
	must(t, p, Request{Method: http.MethodPost, Path: "/api/tasks/batch", Body: batchBody, Header: header("Idempotency-Key", loot.BatchKey)}, &batch)
	loot.Live, loot.Trashed = batch.Data[0].ID, batch.Data[1].ID
	must(t, p, Request{Method: http.MethodPost, Path: "/api/tasks", Body: createBody, Header: header("Idempotency-Key", loot.CreateKey)}, nil)
	must(t, p, Request{Method: http.MethodPatch, Path: "/api/tasks/" + loot.Live, Body: `{"priority":"high"}`}, nil)
	must(t, p, Request{Method: http.MethodDelete, Path: "/api/tasks/" + loot.Trashed}, nil)
	for _, sort := range taskapi.Sorts() {
		var page taskapi.TaskListResponse
		must(t, p, Request{Method: http.MethodGet, Path: "/api/tasks?limit=1&sort=" + string(sort)}, &page)
		loot.Cursors[sort], loot.Seq = *page.Meta.NextCursor, page.Meta.Changes
	}
	return loot
}

// createBody and batchBody are what the attacked lists are made of.
var (
	createBody = `{"title":"` + secret + `","tags":["` + secret + `"]}`
	batchBody  = `{"operations":[` + strings.TrimSuffix(strings.Repeat(
		`{"op":"create","task":{"title":"`+secret+`","description":"`+secret+`","tags":["`+secret+`"],"dueAt":"2026-11-30T17:00:00Z"}},`, tagged), ",") + `]}`
)

// erase removes what fill has made, for good.
func erase(t testing.TB, p Person, loot Loot) {
	t.Helper()
	must(t, p, Request{Method: http.MethodDelete, Path: "/api/tasks/" + loot.Trashed + "?permanent=true"}, nil)
	var page taskapi.TaskListResponse
	must(t, p, Request{Method: http.MethodGet, Path: "/api/tasks?limit=200"}, &page)
	for _, task := range page.Data {
		must(t, p, Request{Method: http.MethodDelete, Path: "/api/tasks/" + task.ID + "?permanent=true"}, nil)
	}
}

// settle gives a stranger a task outside the trash and one in it.
func settle(t testing.TB, p Person) Loot {
	t.Helper()
	var batch taskapi.BatchResponse
	const two = `{"operations":[{"op":"create","task":{"title":"mine"}},{"op":"create","task":{"title":"mine too"}}]}`
	must(t, p, Request{Method: http.MethodPost, Path: "/api/tasks/batch", Body: two}, &batch)
	must(t, p, Request{Method: http.MethodDelete, Path: "/api/tasks/" + batch.Data[1].ID}, nil)
	return Loot{Live: batch.Data[0].ID, Trashed: batch.Data[1].ID}
}

// everything is all that there is of a user.
func everything(t testing.TB, p Person) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, path := range []string{"/api/tasks?limit=200", "/api/tasks?limit=200&deleted=true", "/api/tasks/changes?limit=200", "/api/tasks/stats"} {
		var body any
		must(t, p, Request{Method: http.MethodGet, Path: path}, &body)
		all[path] = body
	}
	return all
}

// must sends a request that has to succeed.
func must(t testing.TB, p Person, r Request, into any) {
	t.Helper()
	answer := p.Send(t, r)
	if answer.Status/100 != 2 {
		t.Fatalf("%s %s: %d %s", r.Method, r.Path, answer.Status, answer.Body)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		t.Fatalf("%s %s: %s: %v", r.Method, r.Path, answer.Body, err)
	}
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			h.Set(pairs[i], pairs[i+1])
		}
	}
	return h
}

// varying are what may differ between the answers to two users.
var varying = []*regexp.Regexp{
	regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`),
	regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`),
	regexp.MustCompile(`"nextCursor":"[\w-]+"`),
}

// alike is an answer without what differs between any two users: the request's
// id, ids, times and cursors. The length counts where only the request's id
// differs, as in every failure.
func alike(method string, a Answer, p Person, loot Loot) string {
	h := a.Header.Clone()
	id := h.Get("X-Request-Id")
	for _, name := range []string{"X-Request-Id", "Date", "RateLimit"} {
		h.Del(name)
	}
	if a.Status < http.StatusBadRequest {
		h.Del("Content-Length")
	}
	text := fmt.Sprintf("%s %d\n", method, a.Status)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		text += fmt.Sprintf("%s: %q\n", name, h[name])
	}
	text += strings.ReplaceAll(string(a.Body), id, "REQUEST")
	for _, own := range append(slices.Clone(p.Own), loot.Live, loot.Trashed) {
		text = strings.ReplaceAll(text, own, "ID")
	}
	for _, pattern := range varying {
		text = pattern.ReplaceAllString(text, "VARIES")
	}
	return text
}

// attempts are those at the operations that both servers have.
var attempts = map[string]Attempts{
	"listTasks": func(theirs, _ Loot) (all []Request) {
		for _, sort := range taskapi.Sorts() {
			cursor := url.QueryEscape(theirs.Cursors[sort])
			all = append(all, get("/api/tasks?sort="+string(sort)+"&cursor="+cursor),
				get("/api/tasks?sort="+string(sort)+"&q="+secret[:3]+"&cursor="+cursor))
		}
		return append(all, get("/api/tasks"), get("/api/tasks?deleted=true"), get("/api/tasks?q="+secret[:3]), get("/api/tasks?tag="+secret),
			get("/api/tasks?q="+theirs.Live))
	},
	"createTask": func(theirs, _ Loot) (all []Request) {
		for _, key := range []string{theirs.CreateKey, theirs.BatchKey} {
			for _, body := range []string{`{"title":"another"}`, `{"title":"another","id":"` + theirs.Live + `"}`, `{"title":"another"}`} {
				all = append(all, Request{Method: http.MethodPost, Path: "/api/tasks", Body: body, Header: header("Idempotency-Key", key)})
			}
		}
		return all
	},
	"batchTasks": func(theirs, own Loot) (all []Request) {
		batch := func(key string, operations ...string) {
			all = append(all, Request{
				Method: http.MethodPost, Path: "/api/tasks/batch", Header: header("Idempotency-Key", key),
				Body: `{"operations":[` + strings.Join(operations, ",") + `]}`,
			})
		}
		mine := `{"op":"update","id":"` + own.Live + `","changes":{"title":"mine"}}`
		for _, id := range []string{theirs.Live, theirs.Trashed} {
			for _, version := range []string{"", `,"version":1`, `,"version":2`} {
				remove := `{"op":"delete","id":"` + id + `"` + version + `}`
				change := `{"op":"update","id":"` + id + `"` + version + `,"changes":{"title":"Taken"}}`
				batch("", remove)
				batch("", change)
				batch("", mine, remove)
				batch("", change, mine)
				batch(theirs.BatchKey, change)
			}
		}
		batch(theirs.BatchKey, mine)
		batch(theirs.CreateKey, `{"op":"create","task":{"title":"new"}}`)
		return all
	},
	"getTask": func(theirs, _ Loot) (all []Request) {
		for _, id := range []string{theirs.Live, theirs.Trashed, strings.ToUpper(theirs.Live)} {
			for _, tag := range tags {
				all = append(all, Request{Method: http.MethodGet, Path: "/api/tasks/" + id, Header: header("If-None-Match", tag)})
			}
			all = append(all, Request{Method: http.MethodHead, Path: "/api/tasks/" + id})
		}
		return all
	},
	"replaceTask": func(theirs, own Loot) []Request {
		return writes(http.MethodPut, "", `{"title":"mine"}`, theirs, own)
	},
	"updateTask": func(theirs, own Loot) []Request {
		return writes(http.MethodPatch, "", `{"title":"mine"}`, theirs, own)
	},
	"deleteTask": func(theirs, own Loot) []Request {
		return append(writes(http.MethodDelete, "", "", theirs, own), writes(http.MethodDelete, "?permanent=true", "", theirs, own)...)
	},
	"restoreTask": func(theirs, own Loot) []Request {
		return writes(http.MethodPost, "/restore", "", theirs, own)
	},
	"taskStats": func(Loot, Loot) []Request {
		return []Request{get("/api/tasks/stats"), get("/api/tasks/stats?timeZone=Asia/Tokyo")}
	},
	"listChanges": func(theirs, _ Loot) []Request {
		return []Request{get("/api/tasks/changes"), get("/api/tasks/changes?after=" + strconv.FormatInt(theirs.Seq, 10))}
	},
	"watchChanges": func(theirs, _ Loot) []Request {
		number := strconv.FormatInt(theirs.Seq, 10)
		return []Request{
			get("/api/tasks/events?after=" + number),
			{Method: http.MethodGet, Path: "/api/tasks/events", Header: header("Last-Event-ID", number)},
		}
	},
}

// tags are entity tags of versions that the attacked tasks have, had and never
// had.
var tags = []string{"", `"1"`, `"2"`, `"99"`, `W/"2"`, "*"}

func get(path string) Request { return Request{Method: http.MethodGet, Path: path} }

// writes are attempts to write a task of somebody else's in every way, and one's
// own with the key of somebody else's.
func writes(method, below, body string, theirs, own Loot) (all []Request) {
	for _, id := range []string{theirs.Live, theirs.Trashed} {
		for _, tag := range tags {
			for _, key := range []string{"", theirs.CreateKey, theirs.BatchKey} {
				all = append(all, Request{
					Method: method, Path: "/api/tasks/" + id + below, Body: body,
					Header: header("If-Match", tag, "Idempotency-Key", key),
				})
			}
		}
	}
	return append(all, Request{
		Method: method, Path: "/api/tasks/" + own.Live + below, Body: body, Header: header("Idempotency-Key", theirs.CreateKey),
	})
}
