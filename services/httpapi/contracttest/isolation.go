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
	// Own are texts that appear only in responses to this user, such as the
	// user's id.
	Own []string
}

// Loot is what a stranger may have got hold of: identifiers of another user's data.
type Loot struct {
	// Live and Trashed are ids of resources by kind, all at version 2; All are
	// the ids of all resources.
	Live, Trashed map[string]string
	All           map[string][]string
	// Cursors are list cursors, by operation and sort order.
	Cursors map[string]string
	// Keys are idempotency keys of a batch and of a create.
	Keys []string
	// Seq is the sequence number of the latest change.
	Seq int64
}

// secret appears in every text field of the attacked resources.
const secret = "quince"

// listed is the number of resources in an attacked list; strangers have fewer.
const listed = 20

// Isolation lets strangers call each operation with identifiers of another user's data,
// of erased data and of data that never existed. The strangers have equal data of their
// own, so their responses must be equal byte for byte, apart from what differs between
// any two users.
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
			var responses []string
			for _, r := range attempts(op, s.loot, s.own) {
				response := s.person.Send(t, r)
				sent++
				if strings.Contains(string(response.Body), secret) {
					leaks++
					t.Errorf("%s %s reveals %s: %s", r.Method, r.Path, s.name, response.Body)
				}
				responses = append(responses, alike(r.Method, response, s.person, s.loot))
			}
			said = append(said, responses)
		}
		for i, s := range strangers[1:] {
			if diff := cmp.Diff(said[0], said[i+1]); diff != "" {
				leaks++
				t.Errorf("%s: the responses differ (-%s +%s):\n%s", op.OperationID, strangers[0].name, s.name, diff)
			}
		}
	}
	if diff := cmp.Diff(before, d.everything(t, victim)); diff != "" {
		t.Errorf("a stranger changed the list (-before +after):\n%s", diff)
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

// batchOperations returns a batch operation of each kind with the given op, from the
// document's examples.
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

// batch runs operations in a batch and returns the ids of their resources.
func (d *Document) batch(t testing.TB, p Person, key string, operations ...map[string]any) []string {
	t.Helper()
	var response struct {
		Data []struct {
			Data struct{ ID string }
		}
	}
	must(t, p, Request{
		Method: http.MethodPost, Path: "/api/batch", Header: header("Idempotency-Key", key),
		Body: encode(map[string]any{"operations": operations}),
	}, &response)
	ids := make([]string, len(response.Data))
	for i, resource := range response.Data {
		ids[i] = resource.Data.ID
	}
	return ids
}

// hide puts the secret into every free text within a value.
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

// fill creates resources of each kind for a person and returns their identifiers.
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
			var response struct {
				Data struct{ ID string }
			}
			must(t, p, Request{Method: op.method, Path: op.path, Body: encode(body), Header: header("Idempotency-Key", key())}, &response)
			for kind := range loot.All {
				if strings.HasPrefix(op.path, "/api/"+kind) {
					loot.All[kind] = append(loot.All[kind], response.Data.ID)
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

// cursorQueries returns the sort orders of a list with cursors.
func cursorQueries(op operation) (all []string) {
	if order := op.parameter("query", "sort"); order != nil && op.parameter("query", "cursor") != nil {
		for _, sort := range order.Schema.Value.Enum {
			all = append(all, "sort="+fmt.Sprint(sort))
		}
	}
	return all
}

// erase permanently deletes what fill has created.
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

// settle creates one live resource of each kind for a stranger.
func (d *Document) settle(t testing.TB, p Person) Loot {
	t.Helper()
	own := Loot{Live: map[string]string{}}
	for _, create := range d.batchOperations("create") {
		kind, _ := create["kind"].(string)
		own.Live[kind] = d.batch(t, p, "", create)[0]
	}
	return own
}

// everything returns the responses of all operations that read a user's data.
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

// must sends a request that must succeed.
func must(t testing.TB, p Person, r Request, into any) {
	t.Helper()
	response := p.Send(t, r)
	if response.Status/100 != 2 {
		t.Fatalf("%s %s: %d %s", r.Method, r.Path, response.Status, response.Body)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(response.Body, into); err != nil {
		t.Fatalf("%s %s: %s: %v", r.Method, r.Path, response.Body, err)
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

// varying matches what may differ between the responses to two users.
var varying = []*regexp.Regexp{
	regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`),
	regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`),
	regexp.MustCompile(`"position":"\w+"`),
	regexp.MustCompile(`"nextCursor":"[\w-]+"`),
}

// alike returns a response without what differs between any two users: request ids, ids,
// times and cursors. It keeps the length if only the request id differs, as in every
// error.
func alike(method string, a Response, p Person, loot Loot) string {
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

// The entity tags of the attacked resources' current version and of the one before.
const currentTag, formerTag = `"2"`, `"1"`

// tags are these, one that never existed, a weak one and the one for any version.
var tags = []string{formerTag, currentTag, `"99"`, "W/" + currentTag, "*"}

func get(path string) Request { return Request{Method: http.MethodGet, Path: path} }

// attempts returns a stranger's requests to an operation, with another user's
// identifiers and with their own.
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

// pathsOf returns the operation's path for each of the resources.
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

// headersOf returns preconditions and idempotency keys of another user's requests.
func headersOf(op operation, theirs Loot) (all []http.Header) {
	if op.parameter("header", "Last-Event-ID") != nil {
		return []http.Header{header("Last-Event-ID", strconv.FormatInt(theirs.Seq, 10))}
	}
	all = []http.Header{nil}
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if op.parameter("header", name) != nil {
			for _, tag := range tags {
				all = append(all, header(name, tag))
			}
		}
	}
	if op.parameter("header", "Idempotency-Key") == nil {
		return all
	}
	for _, key := range theirs.Keys {
		all = append(all, header("Idempotency-Key", key))
		if op.parameter("header", "If-Match") != nil {
			all = append(all, header("Idempotency-Key", key, "If-Match", currentTag), header("Idempotency-Key", key, "If-Match", formerTag))
		}
	}
	return all
}

// queriesOf returns values for each query parameter, such as the text of another user's
// resources.
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

// bodiesOf returns bodies about another user's resources. In a batch, one operation is
// about the stranger's own resource.
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
				all = append(all, theirs)
				if strings.Contains(body, `"op":`) {
					all = append(all, strings.Replace(theirs, `"op":`, `"version":1,"op":`, 1), strings.Replace(theirs, `"op":`, `"version":2,"op":`, 1))
				}
			}
			if strings.Contains(body, `"op":`) {
				mine, others := inner(about(body, own.Live[kind])), inner(about(body, live))
				all = append(all, `{"operations":[`+mine+","+others+"]}", `{"operations":[`+others+","+mine+"]}")
			}
		}
	}
	return all
}

// inner returns the operation of a batch of one.
func inner(batch string) string {
	return strings.TrimSuffix(strings.TrimPrefix(batch, `{"operations":[`), "]}")
}
