package sdktest

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// kindCases hold for each kind of resource.
var kindCases = func() (cases []contractCase) {
	for _, k := range kinds() {
		if k.single != "" {
			continue // see settingsCases
		}
		for _, c := range []struct {
			name string
			run  func(*subject, *kind)
		}{
			{"every field is stored, in each version", (*subject).checkLifecycle},
			{"a write with a key happens once", (*subject).checkIdempotency},
			{"a write with a stale version is 412", (*subject).checkConflicts},
			{"a missing resource is 404", (*subject).checkMissing},
			{"a page starts where the previous one ended", (*subject).checkPages},
			{"a batch changes several resources at once", (*subject).checkBatch},
		} {
			cases = append(cases, contractCase{string(k.name) + ": " + c.name, func(s *subject) { c.run(s, k) }})
		}
	}
	return cases
}()

// example returns a content of the kind, from the examples in its tags.
func (k *kind) example() map[string]any {
	members := make(map[string]any)
	for _, f := range k.content {
		text, typ := f.tag.Get("example"), f.typ
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		switch {
		case f.tag.Get("format") == "uuid": // a reference to another resource
		case f.tag.Get("format") == "date": // determines another field
		case typ.Kind() == reflect.Slice:
			members[f.name] = strings.Split(text, ",")
		case typ.Kind() == reflect.Bool, typ.Kind() >= reflect.Int && typ.Kind() <= reflect.Int64:
			members[f.name] = json.RawMessage(text)
		default:
			members[f.name] = text
		}
	}
	return members
}

// item is a resource of any kind as JSON.
type item map[string]json.RawMessage

func (i item) id() string { return strings.Trim(string(i["id"]), `"`) }

// item returns the resource in a response, which must have this status and version.
func (s *subject) item(resp response, status, version int) item {
	s.Helper()
	if resp.status != status || resp.header.Get("ETag") != entityTag(int64(version)) {
		s.Fatalf("got status %d with the ETag %s, want %d and version %d: %s", resp.status, resp.header.Get("ETag"), status, version, resp.body)
	}
	got := decode[struct {
		Success bool `json:"success"`
		Data    item `json:"data"`
	}](s, resp)
	if string(got.Data["version"]) != strconv.Itoa(version) || !got.Success {
		s.Errorf("the response is %s, want success and version %d", resp.body, version)
	}
	return got.Data
}

// wantMembers checks the members of a resource.
func (s *subject) wantMembers(got item, want map[string]any) {
	s.Helper()
	for name, value := range want {
		if !sameJSON(got[name], encode(value)) {
			s.Errorf("%s is %s, want %s", name, got[name], encode(value))
		}
	}
}

// lastChange checks that the user's latest change has a resource, or null once it is
// erased.
func (s *subject) lastChange(k *kind, id string, want any) {
	s.Helper()
	changes := s.feed(s.seq()-1, 0)
	if len(changes) != 1 || changes[0].Kind != k.name || changes[0].ID != id || !sameJSON(changes[0].Data, encode(want)) {
		s.Errorf("the latest change of %s is %s, want %s", id, inJSON(changes), encode(want))
	}
}

func (s *subject) checkLifecycle(k *kind) {
	content := k.example()
	first := k.content[0].name // which is required
	resp := s.raw(http.MethodPost, k.path, string(encode(content)))
	got := s.item(resp, http.StatusCreated, 1)
	path := k.path + "/" + got.id()
	if resp.header.Get("Location") != path {
		s.Errorf("Location is %s", resp.header.Get("Location"))
	}
	s.wantMembers(got, content)
	s.same("the resource that is read", s.item(s.raw(http.MethodGet, path, ""), http.StatusOK, 1), got)
	s.lastChange(k, got.id(), got)
	if resp := s.raw(http.MethodGet, path, "", "If-None-Match", `"1"`); resp.status != http.StatusNotModified {
		s.Errorf("If-None-Match with the current version: got status %d, want 304", resp.status)
	}
	got = s.item(s.raw(http.MethodPatch, path, `{"`+first+`":"Changed"}`), http.StatusOK, 2)
	content[first] = "Changed"
	s.wantMembers(got, content)
	s.item(s.raw(http.MethodPatch, path, `{"`+first+`":"Changed"}`), http.StatusOK, 2) // changes nothing
	replaced := s.item(s.raw(http.MethodPut, path, `{"`+first+`":"Only"}`), http.StatusOK, 3)
	plain := s.item(s.raw(http.MethodPost, k.path, `{"`+first+`":"Only"}`), http.StatusCreated, 1)
	for _, f := range k.content {
		s.wantMembers(replaced, map[string]any{f.name: plain[f.name]})
	}
	deleted := s.item(s.raw(http.MethodDelete, path, ""), http.StatusOK, 4)
	if string(deleted["deletedAt"]) == "null" {
		s.Errorf("the deleted resource is %s", inJSON(deleted))
	}
	s.lastChange(k, got.id(), deleted)
	s.problem(s.raw(http.MethodPatch, path, `{"`+first+`":"Gone"}`), k.notFound().Code)
	restored := s.item(s.raw(http.MethodPost, path+"/restore", ""), http.StatusOK, 5)
	s.wantMembers(restored, map[string]any{"deletedAt": nil, first: "Only"})
	s.same("the erased resource", s.item(s.raw(http.MethodDelete, path+"?permanent=true", ""), http.StatusOK, 5), restored)
	s.lastChange(k, got.id(), nil)
	s.problem(s.raw(http.MethodGet, path, ""), k.notFound().Code)
}

func (s *subject) checkIdempotency(k *kind) {
	path := k.path + "/" + s.createItem(k, "a").id()
	body := `{"` + k.content[0].name + `":"Once"}`
	for _, write := range []struct{ name, method, path, body string }{
		{"create", http.MethodPost, k.path, body},
		{"update", http.MethodPatch, path, body},
		{"replace", http.MethodPut, path, `{"` + k.content[0].name + `":"Twice"}`},
		{"delete", http.MethodDelete, path, ""},
		{"restore", http.MethodPost, path + "/restore", ""},
	} {
		first := s.raw(write.method, write.path, write.body, "Idempotency-Key", write.name)
		seq := s.seq()
		again := s.raw(write.method, write.path, write.body, "Idempotency-Key", write.name)
		if first.status/100 != 2 || again.status != first.status || !sameJSON(again.body, first.body) ||
			again.header.Get("Idempotency-Replayed") != "true" || s.seq() != seq {
			s.Errorf("%s: got %d %s, then %d %s", write.name, first.status, first.body, again.status, again.body)
		}
	}
	erase := func() response {
		return s.raw(http.MethodDelete, path+"?permanent=true", "", "Idempotency-Key", "erase")
	}
	if first, again := erase(), erase(); first.status != http.StatusOK || again.header.Get("Idempotency-Replayed") != "erased" {
		s.Errorf("erase: got %d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
}

// createItem creates a resource of a kind with this name.
func (s *subject) createItem(k *kind, name string) item {
	s.Helper()
	return s.item(s.raw(http.MethodPost, k.path, `{"`+k.content[0].name+`":"`+name+`"}`), http.StatusCreated, 1)
}

func (s *subject) checkConflicts(k *kind) {
	created := s.createItem(k, "a")
	path := k.path + "/" + created.id()
	body := `{"` + k.content[0].name + `":"b"}`
	for _, write := range []struct{ method, path, body string }{
		{http.MethodPatch, path, body},
		{http.MethodPut, path, body},
		{http.MethodDelete, path, ""},
		{http.MethodDelete, path + "?permanent=true", ""},
	} {
		problem := s.problem(s.raw(write.method, write.path, write.body, "If-Match", `"7"`), taskapi.CodeVersionConflict)
		if problem.Current == nil || problem.Current.Kind != k.name || !sameJSON(problem.Current.Data, encode(created)) {
			s.Errorf("%s: the conflict is with %s, want %s", write.method, inJSON(problem.Current), inJSON(created))
		}
	}
	s.item(s.raw(http.MethodPatch, path, body, "If-Match", `"1"`), http.StatusOK, 2)
}

func (s *subject) checkMissing(k *kind) {
	theirs := s.another().createItem(k, "theirs")
	mine := s.createItem(k, "mine")
	body := `{"` + k.content[0].name + `":"b"}`
	for _, id := range []string{missing, theirs.id()} {
		path := k.path + "/" + id
		for _, request := range []struct{ method, path, body string }{
			{http.MethodGet, path, ""},
			{http.MethodPatch, path, body},
			{http.MethodPut, path, body},
			{http.MethodDelete, path, ""},
			{http.MethodDelete, path + "?permanent=true", ""},
			{http.MethodPost, path + "/restore", ""},
		} {
			s.problem(s.raw(request.method, request.path, request.body), k.notFound().Code)
		}
	}
	s.problem(s.raw(http.MethodPost, k.path+"/"+mine.id()+"/restore", ""), k.notFound().Code)
	for _, other := range kinds() {
		if other != k && other.single == "" {
			s.problem(s.raw(http.MethodGet, other.path+"/"+mine.id(), ""), other.notFound().Code)
		}
	}
}

func (s *subject) checkPages(k *kind) {
	want := map[string][]string{"": {}, "deleted=true&": {}}
	for i := range 7 {
		id := s.createItem(k, strconv.Itoa(i)).id()
		filter := ""
		if i%3 == 0 {
			filter = "deleted=true&"
			s.item(s.raw(http.MethodDelete, k.path+"/"+id, ""), http.StatusOK, 2)
		}
		want[filter] = append(want[filter], id)
	}
	for filter, ids := range want {
		got := map[string]bool{}
		for next := ""; ; {
			resp := s.raw(http.MethodGet, k.path+"?"+filter+"limit=2&cursor="+next, "")
			page := decode[struct {
				Success bool             `json:"success"`
				Data    []item           `json:"data"`
				Meta    taskapi.ListMeta `json:"meta"`
			}](s, resp)
			for _, i := range page.Data {
				got[i.id()] = true
			}
			if len(page.Data) > 2 || page.Meta.Changes != s.seq() {
				s.Errorf("a page of two: %s", resp.body)
			}
			if page.Meta.NextCursor == nil {
				break
			}
			next = *page.Meta.NextCursor
		}
		for _, id := range ids {
			if !got[id] || len(got) != len(ids) {
				s.Errorf("%slists %v, want %q", filter, got, ids)
			}
		}
	}
}

func (s *subject) checkBatch(k *kind) {
	a, b := s.createItem(k, "a").id(), s.createItem(k, "b").id()
	name := k.content[0].name
	op := func(op, members string) string {
		return `{"op":"` + op + `","kind":"` + string(k.name) + `",` + members + `}`
	}
	body := `{"operations":[` + strings.Join([]string{
		op("create", `"data":{"`+name+`":"c"}`),
		op("update", `"id":"`+a+`","version":1,"changes":{"`+name+`":"new"}`),
		op("replace", `"id":"`+a+`","data":{"`+name+`":"newer"}`),
		op("delete", `"id":"`+a+`"`),
		op("restore", `"id":"`+a+`"`),
		op("erase", `"id":"`+b+`","version":1`),
	}, ",") + `]}`
	response := s.raw(http.MethodPost, "/api/batch", body)
	if response.status != http.StatusOK {
		s.Fatalf("the batch: got status %d, want %d: %s", response.status, http.StatusOK, response.body)
	}
	var versions []string
	for _, r := range decode[taskapi.ResourceListResponse](s, response).Data {
		var i item
		s.ok(json.Unmarshal(r.Data, &i))
		versions = append(versions, string(r.Kind)+" "+string(i["version"]))
	}
	kind := string(k.name)
	s.same("versions", versions, []string{kind + " 1", kind + " 5", kind + " 5", kind + " 5", kind + " 5", kind + " 1"})
	s.problem(s.raw(http.MethodPost, "/api/batch", `{"operations":[`+op("delete", `"id":"`+a+`"`)+","+op("restore", `"id":"`+b+`"`)+`]}`),
		k.notFound().Code, taskapi.FieldError{Field: "operations[1].id", Code: taskapi.FieldNotFound})
	s.item(s.raw(http.MethodGet, k.path+"/"+a, ""), http.StatusOK, 5)
}
