package modeltest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// side is one of the two services.
type side struct {
	name    string
	handler http.Handler
	token   func(user string) string
}

// player is a side that plays a sequence for its own user.
type player struct {
	side     side
	token    string
	ids      map[string]string // of resources, by their names
	names    map[string]string // of resources, by their ids
	versions map[string]string // the latest ones, by id
	contents map[string]string // of resources, by id and version
	times    map[string]string // names of the times that the service has set
	cursors  map[string]string // by query without cursor
	sent     map[int]sentRequest
}

// sentRequest is a request as it was sent.
type sentRequest struct {
	method, target, body string
	header               []headerLine
	step                 step
}

func newPlayer(s side, user string) *player {
	return &player{
		side: s, token: s.token(user), ids: map[string]string{}, names: map[string]string{}, versions: map[string]string{}, contents: map[string]string{},
		times: map[string]string{}, cursors: map[string]string{}, sent: map[int]sentRequest{},
	}
}

// nobody is the id of a resource that does not exist.
const nobody = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"

var (
	kindNames          = "(?:" + strings.ReplaceAll(strings.Trim(fmt.Sprint(taskapi.Kinds()), "[]"), " ", "|") + ")"
	placeholder        = regexp.MustCompile(`\{(` + kindNames + ` [0-9.n]+|nobody)\}`)
	encodedPlaceholder = regexp.MustCompile(`%7B(?:` + kindNames + `\+[0-9.n]+|nobody)%7D`)
)

// resolve replaces names by the side's ids.
func (p *player) resolve(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		if id, ok := p.ids[name[1:len(name)-1]]; ok {
			return id
		}
		return nobody
	})
}

// resolveQuery does the same in an encoded query.
func (p *player) resolveQuery(query string) string {
	return encodedPlaceholder.ReplaceAllStringFunc(query, func(name string) string {
		decoded, err := url.QueryUnescape(name)
		if err != nil {
			panic(err) // it has just been matched
		}
		return p.resolve(decoded)
	})
}

// request returns the step's request for this side.
func (p *player) request(s step) (sentRequest, bool) {
	if s.again != 0 {
		r, ok := p.sent[s.again]
		return r, ok
	}
	path := p.resolve(s.path)
	r := sentRequest{method: s.method, target: path, body: p.resolve(s.body.String()), step: s}
	if s.body.empty() {
		r.body = ""
	}
	if s.query != "" {
		query, hasCursor := strings.CutSuffix(s.query, "&cursor={cursor}")
		if cursor := p.cursors[s.path+"?"+query]; hasCursor && cursor != "" {
			query += "&cursor=" + cursor
		}
		r.target += "?" + p.resolveQuery(query)
	}
	id := pathID.FindString(path)
	if path == settings.path {
		id = taskapi.SettingsID
	}
	version := p.versions[id]
	if version == "" {
		version = "1"
	}
	for _, line := range s.header {
		r.header = append(r.header, headerLine{line.name, strings.ReplaceAll(line.value, "{version}", version)})
	}
	return r, true
}

var pathID = regexp.MustCompile(`[0-9a-f-]{36}`)

// play sends a step's request and returns its response in a form that is equal on both sides.
// A step that repeats a missing step returns nothing.
func (p *player) play(s step) string {
	r, ok := p.request(s)
	if !ok {
		return ""
	}
	p.sent[s.number] = r
	return p.describe(r.step, p.send(r))
}

// send sends a request.
func (p *player) send(r sentRequest) *httptest.ResponseRecorder {
	req := httptest.NewRequest(r.method, r.target, strings.NewReader(r.body))
	if r.body == "" {
		req.Body = http.NoBody
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	for i, line := range r.header {
		if !slices.ContainsFunc(r.header[:i], func(before headerLine) bool { return before.name == line.name }) {
			req.Header.Del(line.name)
		}
		req.Header.Add(line.name, line.value)
	}
	recorder := httptest.NewRecorder()
	p.side.handler.ServeHTTP(recorder, req)
	return recorder
}

// describe returns a response without the parts that may differ between the sides: ids, times
// and cursors are replaced by names, sentences are left out.
func (p *player) describe(s step, response *httptest.ResponseRecorder) string {
	text := strconv.Itoa(response.Code)
	var v any
	if response.Body.Len() > 0 {
		dec := json.NewDecoder(bytes.NewReader(response.Body.Bytes()))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			return fmt.Sprintf("%s %v: %s", text, err, response.Body)
		}
	}
	p.recordResponse(s, response.Code, v)
	for _, name := range []string{"Content-Type", "ETag", "Location", "Idempotency-Replayed"} {
		if value := response.Header().Get(name); value != "" && (name != "Content-Type" || response.Body.Len() > 0) {
			for id, resource := range p.names {
				value = strings.ReplaceAll(value, id, resource)
			}
			text += fmt.Sprintf(" %s: %s", name, value)
		}
	}
	if v == nil {
		return text
	}
	if object, ok := v.(map[string]any); ok && object["code"] != nil {
		delete(object, "error")
		delete(object, "requestId")
		if fields, ok := object["errors"].([]any); ok {
			for _, field := range fields {
				if field, ok := field.(map[string]any); ok {
					delete(field, "message")
					// If a list has a duplicate, either entry may be reported.
					if path, ok := field["field"].(string); ok && field["code"] == "duplicate" {
						field["field"] = lastIndex.ReplaceAllString(path, "")
					}
				}
			}
		}
	}
	if response.Header().Get("Idempotency-Replayed") != "erased" {
		p.checkContents(v)
	}
	encoded, err := json.Marshal(p.named(v, ""))
	if err != nil {
		return fmt.Sprintf("%s %v", text, err)
	}
	return text + " " + string(encoded)
}

var lastIndex = regexp.MustCompile(`\[\d+\]$`)

// recordResponse stores the names and versions that later steps may use.
func (p *player) recordResponse(s step, status int, v any) {
	object, _ := v.(map[string]any)
	if status == http.StatusCreated {
		p.recordResource(object["data"], created(kindAt(s.path), s.number))
	}
	if resources, ok := object["data"].([]any); ok && s.path == "/api/batch" {
		for i, r := range resources {
			if r, ok := r.(map[string]any); ok {
				p.recordResource(r["data"], created(taskapi.Kind(fmt.Sprint(r["kind"])), s.number, i))
				p.nameNext(r["data"], next(s.number, i))
			}
		}
	}
	p.recordResource(object["data"], "")
	p.nameNext(object["data"], next(s.number))
	if current, ok := object["current"].(map[string]any); ok {
		p.recordResource(current["data"], "")
	}
	if meta, ok := object["meta"].(map[string]any); ok && kindAt(s.path) != "" {
		if cursor, ok := meta["nextCursor"].(string); ok {
			query, _, _ := strings.Cut(s.query, "&cursor=")
			p.cursors[s.path+"?"+query] = cursor
		}
	}
}

// kindAt returns the kind whose resources are at a path, or "".
func kindAt(path string) taskapi.Kind {
	for _, k := range many {
		if path == k.path {
			return k.name
		}
	}
	return ""
}

// recordResource stores the version of a resource, and gives it a name if it has none.
func (p *player) recordResource(v any, name string) {
	resource, _ := v.(map[string]any)
	id, _ := resource["id"].(string)
	if id == "" {
		return
	}
	if _, known := p.names[id]; !known && name != "" {
		p.names[id], p.ids[name] = name, id
	}
	p.versions[id] = fmt.Sprint(resource["version"])
}

// nameNext gives names to the successor of a task and to the tasks below it, unless they
// have names.
func (p *player) nameNext(v any, name string) {
	task, _ := v.(map[string]any)
	id, _ := task["nextId"].(string)
	if _, known := p.names[id]; id == "" || known {
		return
	}
	p.recordResource(map[string]any{"id": id, "version": 1}, name)
	count := 0
	p.nameBelow(id, func() string { count++; return name + strconv.Itoa(count) })
}

// nameBelow gives names to the tasks below a task.
func (p *player) nameBelow(id string, name func() string) {
	list := p.send(sentRequest{method: "GET", target: "/api/tasks?sort=createdAt&limit=200&parentId=" + id})
	var page taskapi.TaskListResponse
	if err := json.Unmarshal(list.Body.Bytes(), &page); err != nil {
		panic(fmt.Sprintf("%v: %s", err, list.Body))
	}
	for _, task := range page.Data {
		p.recordResource(map[string]any{"id": task.ID, "version": task.Version}, name())
		p.nameBelow(task.ID, name)
	}
}

// checkContents adds a difference to each resource of a response whose content is not that
// of an earlier response with the same version, which is its strong entity tag.
func (p *player) checkContents(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			p.checkContents(inner)
		}
		if v["id"] == nil || v["version"] == nil {
			return
		}
		encoded, err := json.Marshal(v)
		if err != nil {
			panic(err) // it was JSON
		}
		tag := fmt.Sprint(v["id"], v["version"])
		if earlier, ok := p.contents[tag]; ok && earlier != string(encoded) {
			v["difference"] = fmt.Sprintf("at %s, this version was %s", p.side.name, earlier)
		}
		p.contents[tag] = string(encoded)
	case []any:
		for _, inner := range v {
			p.checkContents(inner)
		}
	}
}

// named returns a value of a response with names in place of differing parts.
func (p *player) named(v any, field string) any {
	switch v := v.(type) {
	case map[string]any:
		// In a fixed order, because times get their names when they first appear.
		for _, name := range sortedKeys(v) {
			v[name] = p.named(v[name], name)
		}
	case []any:
		for i := range v {
			v[i] = p.named(v[i], field)
		}
	case string:
		switch field {
		case "id", "listId", "parentId", "nextId", "taskId":
			if p.names[v] == "" { // created and erased in one batch
				p.names[v] = fmt.Sprintf("unknown %d", len(p.names))
			}
			return p.names[v]
		case "createdAt", "updatedAt", "completedAt", "deletedAt":
			if p.times[v] == "" {
				p.times[v] = fmt.Sprintf("time %d", len(p.times)+1)
			}
			return p.times[v]
		case "position": // the order of lists shows its meaning
			return "a position"
		case "nextCursor":
			if _, err := taskapi.ParseChangeCursor(v); err != nil {
				return "a cursor"
			}
		}
	}
	return v
}

// difference is a step with different responses.
type difference struct {
	step      step
	responses [2]string
}

// like reports whether another difference is of the same kind, so that shrinking a sequence
// does not turn it into one with another fault.
func (d *difference) like(other *difference) bool {
	return other != nil && d.responses[0][:3] == other.responses[0][:3] && d.responses[1][:3] == other.responses[1][:3]
}

// compare plays a sequence on both sides and returns the first difference, or nil. At the end
// it compares all resources.
func compare(sides [2]side, user string, steps []step) *difference {
	players := [2]*player{newPlayer(sides[0], user), newPlayer(sides[1], user)}
	last := steps[len(steps)-1].number
	targets := []string{"/api/changes?limit=200", "/api/tasks/stats", settings.path}
	for _, k := range many {
		targets = append(targets, k.path+"?limit=200", k.path+"?deleted=true&limit=200")
	}
	var ends []step
	for i, target := range targets {
		path, query, _ := strings.Cut(target, "?")
		ends = append(ends, step{number: last + 1 + i, method: "GET", path: path, query: query})
	}
	for _, s := range append(steps[:len(steps):len(steps)], ends...) {
		var responses [2]string
		for i, p := range players {
			responses[i] = p.play(s)
		}
		if responses[0] != responses[1] {
			return &difference{s, responses}
		}
	}
	return nil
}

// report prints a difference and the steps that lead to it.
func report(t testing.TB, sides [2]side, steps []step, d *difference) {
	t.Helper()
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintln(&b, s)
	}
	if d.step.number > steps[len(steps)-1].number {
		fmt.Fprintln(&b, d.step)
	}
	t.Errorf("the responses to step %d differ:\n%s\n%s: %.2000s\n\n%s: %.2000s", d.step.number, &b, sides[0].name, d.responses[0], sides[1].name, d.responses[1])
}
