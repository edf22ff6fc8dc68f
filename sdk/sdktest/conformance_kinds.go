package sdktest

import (
	"encoding/json"
	"maps"
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
	if resp.status != status || resp.header.Get("ETag") != entityTag(int64(version)) || resp.header.Get("Content-Type") != typeJSON {
		s.Fatalf("got status %d with the header %v, want %d, version %d and %s: %s", resp.status, resp.header, status, version, typeJSON, resp.body)
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
	want := maps.Clone(replaced)
	want["version"], want["updatedAt"], want["deletedAt"] = deleted["version"], deleted["updatedAt"], deleted["deletedAt"]
	s.same("deleted", deleted, want)
	s.lastChange(k, got.id(), deleted)
	for _, method := range []string{http.MethodPatch, http.MethodPut, http.MethodDelete} {
		s.problem(s.raw(method, path, `{"`+first+`":"Gone"}`, "If-Match", `"1"`), k.notFound().Code)
	}
	s.problem(s.raw(http.MethodPost, path+"/move", `{"after":null}`, "If-Match", `"1"`), k.notFound().Code)
	s.same("the resource in the trash", s.item(s.raw(http.MethodGet, path, ""), http.StatusOK, 4), deleted)
	restored := s.item(s.raw(http.MethodPost, path+"/restore", ""), http.StatusOK, 5)
	want = maps.Clone(replaced)
	want["version"], want["updatedAt"] = restored["version"], restored["updatedAt"]
	s.same("restored", restored, want)

	trashed := k.path + "/" + plain.id()
	deleted = s.item(s.raw(http.MethodDelete, trashed, ""), http.StatusOK, 2)
	for _, last := range []struct {
		path    string
		version int
		state   item
	}{{path, 5, restored}, {trashed, 2, deleted}} {
		s.same("the erased resource", s.item(s.raw(http.MethodDelete, last.path+"?permanent=true", ""), http.StatusOK, last.version), last.state)
		s.lastChange(k, last.state.id(), nil)
		s.problem(s.raw(http.MethodGet, last.path, ""), k.notFound().Code)
		s.problem(s.raw(http.MethodDelete, last.path+"?permanent=true", ""), k.notFound().Code)
	}
}

func (s *subject) checkIdempotency(k *kind) {
	path := k.path + "/" + s.createItem(k, "a").id()
	body := `{"` + k.content[0].name + `":"Once"}`
	for _, write := range []struct{ name, method, path, body, replayed string }{
		{"create", http.MethodPost, k.path, body, "true"},
		{"update", http.MethodPatch, path, body, "true"},
		{"replace", http.MethodPut, path, `{"` + k.content[0].name + `":"Twice"}`, "true"},
		{"delete", http.MethodDelete, path, "", "true"},
		{"restore", http.MethodPost, path + "/restore", "", "true"},
		{"batch", http.MethodPost, "/api/batch", `{"operations":[{"op":"create","kind":"` + string(k.name) + `","data":` + body + `}]}`, "true"},
		{"erase", http.MethodDelete, path + "?permanent=true", "", "erased"},
	} {
		send := func() response { return s.raw(write.method, write.path, write.body, "Idempotency-Key", write.name) }
		first, seq := send(), s.seq()
		again := send()
		if first.status/100 != 2 || again.status != first.status || s.seq() != seq || sameJSON(again.body, first.body) != (write.replayed == "true") {
			s.Errorf("%s: got %d %s, then %d %s", write.name, first.status, first.body, again.status, again.body)
		}
		first.header.Set("Idempotency-Replayed", first.header.Get("Idempotency-Replayed")+write.replayed)
		for _, name := range []string{"ETag", "Location", "Content-Type", "Idempotency-Replayed"} {
			if got, want := again.header.Get(name), first.header.Get(name); got != want {
				s.Errorf("%s: %s is %q, want %q", write.name, name, got, want)
			}
		}
	}
}

// createItem creates a resource of a kind with this name.
func (s *subject) createItem(k *kind, name string) item {
	s.Helper()
	return s.item(s.raw(http.MethodPost, k.path, `{"`+k.content[0].name+`":"`+name+`"}`), http.StatusCreated, 1)
}

func (s *subject) checkConflicts(k *kind) {
	s.createItem(k, "first")
	path := k.path + "/" + s.createItem(k, "a").id()
	for i, write := range []struct{ method, path, body string }{
		{http.MethodPatch, path, `{"` + k.content[0].name + `":"b"}`},
		{http.MethodPut, path, `{"` + k.content[0].name + `":"c"}`},
		{http.MethodPost, path + "/move", `{"after":null}`},
		{http.MethodDelete, path, ""},
		{http.MethodPost, path + "/restore", ""},
		{http.MethodDelete, path + "?permanent=true", ""},
	} {
		before, seq := s.item(s.raw(http.MethodGet, path, ""), http.StatusOK, i+1), s.seq()
		problem := s.problem(s.raw(write.method, write.path, write.body, "If-Match", `"7"`), taskapi.CodeVersionConflict)
		if problem.Current == nil || problem.Current.Kind != k.name || !sameJSON(problem.Current.Data, encode(before)) {
			s.Errorf("%s: the conflict is with %s, want %s", write.method, inJSON(problem.Current), inJSON(before))
		}
		s.same("the resource that is read", s.item(s.raw(http.MethodGet, path, ""), http.StatusOK, i+1), before)
		s.same("the change number", s.seq(), seq)
		s.item(s.raw(write.method, write.path, write.body, "If-Match", entityTag(int64(i+1))), http.StatusOK, min(i+2, 6))
	}
}

func (s *subject) checkMissing(k *kind) {
	other := s.another()
	theirs, mine := other.createItem(k, "theirs"), s.createItem(k, "mine")
	body, seq := `{"`+k.content[0].name+`":"b"}`, s.seq()
	for _, id := range []string{missing, theirs.id()} {
		path := k.path + "/" + id
		for _, request := range []struct {
			method, path, body string
			fields             []taskapi.FieldError
		}{
			{http.MethodGet, path, "", nil},
			{http.MethodPatch, path, body, nil},
			{http.MethodPut, path, body, nil},
			{http.MethodDelete, path, "", nil},
			{http.MethodDelete, path + "?permanent=true", "", nil},
			{http.MethodPost, path + "/restore", "", nil},
			{http.MethodPost, path + "/move", `{"after":null}`, nil},
			{
				http.MethodPost, "/api/batch", `{"operations":[{"op":"delete","kind":"` + string(k.name) + `","id":"` + id + `"}]}`,
				[]taskapi.FieldError{field422("operations[0].id", taskapi.FieldNotFound)},
			},
		} {
			if problem := s.problem(s.raw(request.method, request.path, request.body), k.notFound().Code, request.fields...); problem.Current != nil {
				s.Errorf("%s %s returned %s", request.method, request.path, inJSON(problem.Current))
			}
		}
	}
	s.same("the other user's resource", other.item(other.raw(http.MethodGet, k.path+"/"+theirs.id(), ""), http.StatusOK, 1), theirs)
	s.problem(s.raw(http.MethodPost, k.path+"/"+mine.id()+"/restore", ""), k.notFound().Code)
	s.same("the change number", s.seq(), seq)
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
