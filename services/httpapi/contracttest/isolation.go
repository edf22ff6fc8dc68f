package contracttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
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

// User is a user of the tested server.
type User struct {
	Send Send
	// Own are texts that appear only in responses to this user, such as the
	// user's id.
	Own []string
}

// identifiers are the identifiers of a user's data, which another user may have learned.
type identifiers struct {
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

// secret is in every text field of the victim's resources.
const secret = "quince"

// listed is the number of the victim's resources of each kind. The other users have fewer.
const listed = 20

// Isolation calls each operation as three other users, with the identifiers of a victim's
// data, of erased data, and of data that never existed. These users have equal data of
// their own, so their responses must be equal byte for byte, except for ids, times and
// cursors.
func Isolation(t *testing.T, document []byte, newUser func() User) {
	t.Helper()
	d, err := Load(document)
	if err != nil {
		t.Fatal(err)
	}
	victim, eraser := newUser(), newUser()
	theirs, erased := d.fill(t, victim), d.fill(t, eraser)
	d.erase(t, eraser, erased)
	invented := erased
	invented.Live, invented.Trashed, invented.Seq = newIDs(erased.Live), newIDs(erased.Trashed), 1<<50
	invented.Keys = nil
	for range erased.Keys {
		invented.Keys = append(invented.Keys, uuid.NewString())
	}

	before := d.readAll(t, victim)
	others := []struct {
		name string
		user User
		ids  identifiers
		own  identifiers
	}{
		{name: "another user's", user: newUser(), ids: theirs},
		{name: "erased", user: newUser(), ids: erased},
		{name: "invented", user: newUser(), ids: invented},
	}
	for i := range others {
		others[i].own = d.createOne(t, others[i].user)
	}
	allPairs := os.Getenv("TEST_SOAK") == "1"
	sent, leaks := 0, 0
	for _, op := range d.operations {
		var all [][]string // the responses to each user
		for _, o := range others {
			var responses []string
			for _, r := range attempts(op, o.ids, o.own, allPairs) {
				response := o.user.Send(t, r)
				sent++
				if strings.Contains(string(response.Body), secret) {
					leaks++
					t.Errorf("%s %s with identifiers that are %s reveals data: %s", r.Method, r.Path, o.name, response.Body)
				}
				responses = append(responses, normalized(r.Method, response, o.user, o.ids))
			}
			all = append(all, responses)
		}
		for i, o := range others[1:] {
			if diff := cmp.Diff(all[0], all[i+1]); diff != "" {
				leaks++
				t.Errorf("%s: the responses differ (-%s +%s):\n%s", op.OperationID, others[0].name, o.name, diff)
			}
		}
	}
	if diff := cmp.Diff(before, d.readAll(t, victim)); diff != "" {
		t.Errorf("another user changed the victim's data (-before +after):\n%s", diff)
	}
	t.Logf("counted: requests sent %d, leaks %d", sent, leaks)
}

func newIDs(ids map[string]string) map[string]string {
	other := map[string]string{}
	for kind := range ids {
		other[kind] = uuid.NewString()
	}
	return other
}

// batchOperations returns a batch operation for each kind, with this op, from the
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
func (d *Document) batch(t testing.TB, u User, key string, operations ...map[string]any) []string {
	t.Helper()
	var response struct {
		Data []struct {
			Data struct{ ID string }
		}
	}
	must(t, u, Request{
		Method: http.MethodPost, Path: "/api/batch", Header: header("Idempotency-Key", key),
		Body: encode(map[string]any{"operations": operations}),
	}, &response)
	ids := make([]string, len(response.Data))
	for i, resource := range response.Data {
		ids[i] = resource.Data.ID
	}
	return ids
}

// plantSecret sets every free text within a value to the secret.
func plantSecret(value any, schema *openapi3.Schema) {
	walk(value, schema, func(container, key any, schema *openapi3.Schema) {
		if !schema.Type.Is("string") || schema.Format != "" || len(schema.Enum) > 0 {
			return
		}
		switch container := container.(type) {
		case map[string]any:
			container[key.(string)] = secret
		case []any:
			container[key.(int)] = secret + strconv.Itoa(key.(int))
		}
	})
}

// fill creates resources of each kind for a user and returns their identifiers.
func (d *Document) fill(t testing.TB, u User) identifiers {
	t.Helper()
	ids := identifiers{
		Live: map[string]string{}, Trashed: map[string]string{}, All: map[string][]string{}, Cursors: map[string]string{},
	}
	key := func() string {
		ids.Keys = append(ids.Keys, "key-"+uuid.NewString())
		return ids.Keys[len(ids.Keys)-1]
	}
	union := d.components.Schemas["BatchItem"].Value
	for _, create := range d.batchOperations("create") {
		plantSecret(create, union)
		kind, _ := create["kind"].(string)
		created := d.batch(t, u, key(), slices.Repeat([]map[string]any{create}, listed)...)
		ids.Live[kind], ids.Trashed[kind], ids.All[kind] = created[0], created[1], created
	}
	for _, change := range append(d.batchOperations("update"), d.batchOperations("delete")...) {
		plantSecret(change, union)
		kind, _ := change["kind"].(string)
		change["id"] = ids.Live[kind]
		if change["op"] == "delete" {
			change["id"] = ids.Trashed[kind]
		}
		d.batch(t, u, "", change)
	}
	for _, op := range d.operations {
		if op.creates() {
			body := clone(variants(op.json())[0])
			plantSecret(body, op.json())
			var response struct {
				Data struct{ ID string }
			}
			must(t, u, Request{Method: op.method, Path: op.path, Body: encode(body), Header: header("Idempotency-Key", key())}, &response)
			for kind := range ids.All {
				if strings.HasPrefix(op.path, "/api/"+kind) {
					ids.All[kind] = append(ids.All[kind], response.Data.ID)
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
			must(t, u, get(op.path+"?limit=1&"+query), &page)
			ids.Cursors[op.path+query], ids.Seq = page.Meta.NextCursor, page.Meta.Changes
		}
	}
	return ids
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

// erase erases the resources that fill has created.
func (d *Document) erase(t testing.TB, u User, ids identifiers) {
	t.Helper()
	for _, erase := range d.batchOperations("erase") {
		kind, _ := erase["kind"].(string)
		var all []map[string]any
		for _, id := range ids.All[kind] {
			one := maps.Clone(erase)
			one["id"] = id
			all = append(all, one)
		}
		d.batch(t, u, "", all...)
	}
}

// createOne creates one live resource of each kind for a user.
func (d *Document) createOne(t testing.TB, u User) identifiers {
	t.Helper()
	own := identifiers{Live: map[string]string{}}
	for _, create := range d.batchOperations("create") {
		kind, _ := create["kind"].(string)
		own.Live[kind] = d.batch(t, u, "", create)[0]
	}
	return own
}

// readAll returns the responses of all operations that read a user's data.
func (d *Document) readAll(t testing.TB, u User) map[string]any {
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
			must(t, u, get(path), &body)
			all[path] = body
		}
	}
	return all
}

// must sends a request that must succeed.
func must(t testing.TB, u User, r Request, into any) {
	t.Helper()
	response := u.Send(t, r)
	if response.Status/100 != 2 {
		t.Fatalf("%s %s: %d %s", r.Method, r.Path, response.Status, response.Body)
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

// varying matches the parts that may differ between the responses to two users.
var varying = []*regexp.Regexp{
	regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`),
	regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`),
	regexp.MustCompile(`"position":"\w+"`),
	regexp.MustCompile(`"nextCursor":"[\w-]+"`),
}

// normalized returns the text of a response with placeholders for request ids, ids, times
// and cursors, which differ between any two users. It keeps the Content-Length of errors,
// in which only the request id differs.
func normalized(method string, r Response, u User, ids identifiers) string {
	h := r.Header.Clone()
	id := h.Get("X-Request-Id")
	for _, name := range []string{"X-Request-Id", "Date", "RateLimit"} {
		h.Del(name)
	}
	if r.Status < http.StatusBadRequest {
		h.Del("Content-Length")
	}
	text := fmt.Sprintf("%s %d\n", method, r.Status)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		text += fmt.Sprintf("%s: %q\n", name, h[name])
	}
	text += strings.ReplaceAll(string(r.Body), id, "REQUEST")
	for _, own := range slices.Concat(u.Own, slices.Collect(maps.Values(ids.Live)), slices.Collect(maps.Values(ids.Trashed))) {
		text = strings.ReplaceAll(text, own, "ID")
	}
	for _, pattern := range varying {
		text = pattern.ReplaceAllString(text, "VARIES")
	}
	return text
}

// The entity tags of the current and of the previous version of the victim's resources.
const currentTag, formerTag = `"2"`, `"1"`

// tags are these two, one that never existed, a weak one, and * for any version.
var tags = []string{formerTag, currentTag, `"99"`, "W/" + currentTag, "*"}

func get(path string) Request { return Request{Method: http.MethodGet, Path: path} }

// attempts returns a user's requests to an operation, with another user's identifiers and
// with the user's own. Each header comes with the first body, and each body without a
// header and with one of them: the server looks up a key, a resource with its precondition
// and the resources in a body one by one, each for the caller. With allPairs, each header
// comes with each body.
func attempts(op operation, theirs, own identifiers, allPairs bool) (all []Request) {
	bodies, heads := bodiesOf(op, theirs, own), headersOf(op, theirs)
	for _, path := range pathsOf(op, theirs.Live, theirs.Trashed) {
		for _, query := range queriesOf(op, theirs) {
			for i, head := range heads {
				for j, body := range bodies {
					if allPairs || i == 0 || j == 0 || i == 1+j%(len(heads)-1) {
						all = append(all, Request{Method: op.method, Path: strings.TrimSuffix(path+"?"+query, "?"), Header: head, Body: body})
					}
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
func headersOf(op operation, theirs identifiers) (all []http.Header) {
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
func queriesOf(op operation, theirs identifiers) []string {
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

// bodiesOf returns bodies with the ids of another user's resources. In a batch, one
// operation has the id of the sender's own resource.
func bodiesOf(op operation, theirs, own identifiers) []string {
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
				withTheirs := withID(body, id)
				all = append(all, withTheirs)
				if strings.Contains(body, `"op":`) {
					all = append(all, strings.Replace(withTheirs, `"op":`, `"version":1,"op":`, 1), strings.Replace(withTheirs, `"op":`, `"version":2,"op":`, 1))
				}
			}
			if strings.Contains(body, `"op":`) {
				mine, others := inner(withID(body, own.Live[kind])), inner(withID(body, live))
				all = append(all, `{"operations":[`+mine+","+others+"]}", `{"operations":[`+others+","+mine+"]}")
			}
		}
	}
	return all
}

// inner returns the only operation of a batch.
func inner(batch string) string {
	return strings.TrimSuffix(strings.TrimPrefix(batch, `{"operations":[`), "]}")
}
