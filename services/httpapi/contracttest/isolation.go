package contracttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// Person is a user of the server under attack.
type Person struct {
	Send Send
	// Own are texts that stand in answers to this user and to no other, such
	// as the user's id.
	Own []string
}

// Loot is what a stranger may have got hold of: names of what is somebody else's.
type Loot struct {
	// Live and Trashed are ids of resources of each kind, both of version 2; All
	// are the ids of all resources.
	Live, Trashed map[string]string
	All           map[string][]string
	// Cursors are places in lists, by operation and order.
	Cursors map[string]string
	// Keys are idempotency keys of a batch and of a create.
	Keys []string
	// Seq is the number of the latest change.
	Seq int64
}

// secret stands in every text of the resources that are attacked.
const secret = "quince"

// listed is the number of resources in a list that is attacked; more than any
// stranger has.
const listed = 20

// Isolation lets strangers try each operation of the document on what is another
// user's, on what was another user's and is erased, and on what never was. They
// have lists of their own which are alike, so their answers must be alike too,
// byte for byte but for what differs between any two users.
func Isolation(t *testing.T, document []byte, newPerson func() Person) {
	t.Helper()
	d, err := Load(document)
	if err != nil {
		t.Fatal(err)
	}
	victim, gone := newPerson(), newPerson()
	theirs, erased := d.fill(t, victim), d.fill(t, gone)
	d.erase(t, gone, erased)
	invented := erased
	invented.Live, invented.Trashed, invented.Seq = invent(erased.Live), invent(erased.Trashed), 1<<50
	invented.Keys = nil
	for range erased.Keys {
		invented.Keys = append(invented.Keys, uuid.NewString())
	}

	before := d.everything(t, victim)
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
		strangers[i].own = d.settle(t, strangers[i].person)
	}
	sent, leaks := 0, 0
	for _, op := range d.operations {
		var said [][]string
		for _, s := range strangers {
			var answers []string
			for _, r := range attempts(op, s.loot, s.own) {
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
	if diff := cmp.Diff(before, d.everything(t, victim)); diff != "" {
		t.Errorf("strangers changed the list (-before +after):\n%s", diff)
	}
	t.Logf("counted: requests sent %d, leaks %d", sent, leaks)
}

func invent(ids map[string]string) map[string]string {
	other := map[string]string{}
	for kind := range ids {
		other[kind] = uuid.NewString()
	}
	return other
}

// batchOperations returns an operation of a batch for each kind, as the document
// shows it, with the op.
func (d *Document) batchOperations(op string) []map[string]any {
	var all []map[string]any
	for _, variant := range variants(d.components.Schemas["BatchItem"].Value) {
		operation, ok := clone(variant).(map[string]any)
		if ok && operation["op"] == op && !slices.ContainsFunc(all, func(other map[string]any) bool { return other["kind"] == operation["kind"] }) {
			all = append(all, operation)
		}
	}
	return all
}

// batch carries out operations and returns the ids of their resources.
func (d *Document) batch(t testing.TB, p Person, key string, operations ...map[string]any) []string {
	t.Helper()
	var answer struct {
		Data []struct {
			Data struct{ ID string }
		}
	}
	must(t, p, Request{
		Method: http.MethodPost, Path: "/api/batch", Header: header("Idempotency-Key", key),
		Body: encode(map[string]any{"operations": operations}),
	}, &answer)
	ids := make([]string, len(answer.Data))
	for i, resource := range answer.Data {
		ids[i] = resource.Data.ID
	}
	return ids
}

// hide puts the secret into every text of a value that may be any text.
func hide(value any, schema *openapi3.Schema) {
	walk(value, schema, func(holder, key any, schema *openapi3.Schema) {
		if !schema.Type.Is("string") || schema.Format != "" || len(schema.Enum) > 0 {
			return
		}
		switch holder := holder.(type) {
		case map[string]any:
			holder[key.(string)] = secret
		case []any:
			holder[key.(int)] = secret + strconv.Itoa(key.(int))
		}
	})
}

// fill gives a person a list of each kind whose names are worth stealing.
func (d *Document) fill(t testing.TB, p Person) Loot {
	t.Helper()
	loot := Loot{
		Live: map[string]string{}, Trashed: map[string]string{}, All: map[string][]string{}, Cursors: map[string]string{},
	}
	key := func() string {
		loot.Keys = append(loot.Keys, "key-"+uuid.NewString())
		return loot.Keys[len(loot.Keys)-1]
	}
	union := d.components.Schemas["BatchItem"].Value
	for _, create := range d.batchOperations("create") {
		hide(create, union)
		kind, _ := create["kind"].(string)
		ids := d.batch(t, p, key(), slices.Repeat([]map[string]any{create}, listed)...)
		loot.Live[kind], loot.Trashed[kind], loot.All[kind] = ids[0], ids[1], ids
	}
	for _, change := range append(d.batchOperations("update"), d.batchOperations("delete")...) {
		hide(change, union)
		kind, _ := change["kind"].(string)
		change["id"] = loot.Live[kind]
		if change["op"] == "delete" {
			change["id"] = loot.Trashed[kind]
		}
		d.batch(t, p, "", change)
	}
	for _, op := range d.operations {
		if op.creates() {
			body := clone(variants(op.json())[0])
			hide(body, op.json())
			var answer struct {
				Data struct{ ID string }
			}
			must(t, p, Request{Method: op.method, Path: op.path, Body: encode(body), Header: header("Idempotency-Key", key())}, &answer)
			for kind := range loot.All {
				if strings.HasPrefix(op.path, "/api/"+kind) {
					loot.All[kind] = append(loot.All[kind], answer.Data.ID)
				}
			}
		}
		for _, query := range cursorQueries(op) {
			var page struct {
				Meta struct {
					NextCursor string
					Changes    int64
				}
			}
			must(t, p, get(op.path+"?limit=1&"+query), &page)
			loot.Cursors[op.path+query], loot.Seq = page.Meta.NextCursor, page.Meta.Changes
		}
	}
	return loot
}

// cursorQueries returns the orders of a list that has cursors.
func cursorQueries(op operation) (all []string) {
	if order := op.parameter("query", "sort"); order != nil && op.parameter("query", "cursor") != nil {
		for _, sort := range order.Schema.Value.Enum {
			all = append(all, "sort="+fmt.Sprint(sort))
		}
	}
	return all
}

// erase removes what fill has made, for good.
func (d *Document) erase(t testing.TB, p Person, loot Loot) {
	t.Helper()
	for _, erase := range d.batchOperations("erase") {
		kind, _ := erase["kind"].(string)
		var all []map[string]any
		for _, id := range loot.All[kind] {
			one := maps.Clone(erase)
			one["id"] = id
			all = append(all, one)
		}
		d.batch(t, p, "", all...)
	}
}

// settle gives a stranger a resource of each kind outside the trash.
func (d *Document) settle(t testing.TB, p Person) Loot {
	t.Helper()
	own := Loot{Live: map[string]string{}}
	for _, create := range d.batchOperations("create") {
		kind, _ := create["kind"].(string)
		own.Live[kind] = d.batch(t, p, "", create)[0]
	}
	return own
}

// everything is all that the operations tell a user.
func (d *Document) everything(t testing.TB, p Person) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, op := range d.operations {
		if op.method != http.MethodGet || strings.Contains(op.path, "{") || op.Responses.Status(http.StatusOK).Value.Content["application/json"] == nil {
			continue
		}
		queries := []string{""}
		for _, parameter := range op.Parameters {
			if parameter.Value.Schema.Value.Type.Is("boolean") {
				queries = append(queries, parameter.Value.Name+"=true")
			}
		}
		for _, query := range queries {
			if op.parameter("query", "limit") != nil {
				query += "&limit=200"
			}
			path := op.path + "?" + strings.TrimPrefix(query, "&")
			var body any
			must(t, p, get(path), &body)
			all[path] = body
		}
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
	regexp.MustCompile(`"position":"\w+"`),
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
	for _, own := range slices.Concat(p.Own, slices.Collect(maps.Values(loot.Live)), slices.Collect(maps.Values(loot.Trashed))) {
		text = strings.ReplaceAll(text, own, "ID")
	}
	for _, pattern := range varying {
		text = pattern.ReplaceAllString(text, "VARIES")
	}
	return text
}

// tags are entity tags of versions that the attacked resources have, had and
// never had.
var tags = []string{`"1"`, `"2"`, `"99"`, `W/"2"`, "*"}

func get(path string) Request { return Request{Method: http.MethodGet, Path: path} }

// attempts are what a stranger tries at an operation with what is somebody
// else's, and with what is their own.
func attempts(op operation, theirs, own Loot) (all []Request) {
	bodies := bodiesOf(op, theirs, own)
	for _, path := range pathsOf(op, theirs.Live, theirs.Trashed) {
		for _, query := range queriesOf(op, theirs) {
			for _, head := range headersOf(op, theirs) {
				for _, body := range bodies {
					all = append(all, Request{Method: op.method, Path: strings.TrimSuffix(path+"?"+query, "?"), Header: head, Body: body})
				}
			}
		}
		if op.method == http.MethodGet && strings.Contains(op.path, "{") {
			all = append(all, Request{Method: http.MethodHead, Path: path})
		}
	}
	if strings.Contains(op.path, "{") && op.parameter("header", "Idempotency-Key") != nil {
		for _, path := range pathsOf(op, own.Live) {
			for _, body := range bodies {
				all = append(all, Request{Method: op.method, Path: path, Body: body, Header: header("Idempotency-Key", theirs.Keys[0])})
			}
		}
	}
	return all
}

// pathsOf returns the operation's path about each of the resources.
func pathsOf(op operation, resources ...map[string]string) (all []string) {
	before, after, found := strings.Cut(op.path, "{id}")
	if !found {
		return []string{op.path}
	}
	kind := strings.TrimSuffix(path.Base(before), "s")
	for _, ids := range resources {
		all = append(all, before+ids[kind]+after)
	}
	return append(all, before+strings.ToUpper(resources[0][kind])+after)
}

// headersOf returns conditions and keys that belong to somebody else.
func headersOf(op operation, theirs Loot) (all []http.Header) {
	keys, conditions := []string{""}, [][2]string{{"If-Match", ""}}
	if op.parameter("header", "Idempotency-Key") != nil {
		keys = append(keys, theirs.Keys...)
	}
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if op.parameter("header", name) != nil {
			for _, tag := range tags {
				conditions = append(conditions, [2]string{name, tag})
			}
		}
	}
	if op.parameter("header", "Last-Event-ID") != nil {
		conditions = [][2]string{{"Last-Event-ID", strconv.FormatInt(theirs.Seq, 10)}}
	}
	for _, key := range keys {
		for _, condition := range conditions {
			all = append(all, header("Idempotency-Key", key, condition[0], condition[1]))
		}
	}
	return all
}

// queriesOf returns values of each query parameter, such as what somebody else's
// texts hold.
func queriesOf(op operation, theirs Loot) []string {
	all := []string{""}
	for _, query := range cursorQueries(op) {
		all = append(all, query+"&cursor="+url.QueryEscape(theirs.Cursors[op.path+query]))
	}
	for _, ref := range op.Parameters {
		if ref.Value.In != openapi3.ParameterInQuery || ref.Value.Name == "cursor" {
			continue
		}
		schema := ref.Value.Schema.Value
		values := []string{fmt.Sprint(ref.Value.Example)}
		switch {
		case schema.Type.Is("boolean"):
			values = []string{"true", "false"}
		case schema.Type.Is("integer") && ref.Value.Name == "after":
			values = []string{strconv.FormatInt(theirs.Seq, 10)}
		case schema.Type.Is("array"):
			values = []string{secret + "0"}
			if enum := schema.Items.Value.Enum; len(enum) > 0 {
				values = []string{fmt.Sprint(enum[len(enum)-1])}
			}
		case schema.Type.Is("string") && schema.Format == "" && len(schema.Enum) == 0:
			values = append(values, secret[:3], secret)
			for _, id := range theirs.Live {
				values = append(values, id)
			}
		}
		for _, value := range values {
			all = append(all, ref.Value.Name+"="+url.QueryEscape(value))
		}
	}
	return all
}

// bodiesOf returns bodies about somebody else's resources. Of several operations
// in one body, one is about the stranger's own.
func bodiesOf(op operation, theirs, own Loot) []string {
	if op.RequestBody == nil {
		return []string{""}
	}
	var all []string
	for _, variant := range variants(op.json()) {
		body := encode(variant)
		if !strings.Contains(body, exampleID) {
			all = append(all, body)
			continue
		}
		for _, kind := range slices.Sorted(maps.Keys(theirs.Live)) {
			live := theirs.Live[kind]
			for _, id := range []string{live, theirs.Trashed[kind]} {
				theirs := about(body, id)
				all = append(all, theirs, strings.Replace(theirs, `"op":`, `"version":1,"op":`, 1), strings.Replace(theirs, `"op":`, `"version":2,"op":`, 1))
			}
			mine, others := inner(about(body, own.Live[kind])), inner(about(body, live))
			all = append(all, `{"operations":[`+mine+","+others+"]}", `{"operations":[`+others+","+mine+"]}")
		}
	}
	return all
}

// inner returns the operation of a batch of one.
func inner(batch string) string {
	return strings.TrimSuffix(strings.TrimPrefix(batch, `{"operations":[`), "]}")
}
