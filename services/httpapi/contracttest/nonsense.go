package contracttest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// senders is how many requests are under way at once.
const senders = 4

// anyTask stands for the id of a task that there is when the request is sent.
// It is that of the document's examples.
const anyTask = "019ac2f4-7b3c-7c1e-9a55-0d6f2b8e4c11"

// Target is a server under attack, and the credentials of one of its users.
type Target struct {
	URL    string
	Header http.Header
}

// Nonsense sends requests that are made from the document, most of them wrong:
// first each place of each request with each thing that may be wrong with it, in
// an order that the seed chooses, then, until there are so many, several at
// random. No answer is a failure of
// the server; each has a status that the document names for the operation, a
// body that is as the document says, and the envelope.
func Nonsense(t *testing.T, document []byte, target Target, seed uint64, requests int) {
	t.Helper()
	a := &attack{target: target, statuses: map[int]int{}}
	a.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer a.client.CloseIdleConnections()
	operations := load(t, document)
	queue := make(chan shot)
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for s := range queue {
				a.fire(t, s)
			}
		})
	}
	sent := 0
	send := func(s shot) bool {
		queue <- s
		sent++
		return sent < requests && !t.Failed()
	}
	for _, op := range operations {
		if op.OperationID == "createTask" {
			a.fire(t, base(op)) // so that there is a task
		}
	}
	random := rand.New(rand.NewPCG(seed, 0))
	places := eachPlace(operations)
	// So that few requests, too, are of all operations.
	random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	for _, s := range places {
		if !send(s) {
			break
		}
	}
	for sent < requests && send(several(random, operations[random.IntN(len(operations))])) {
	}
	close(queue)
	sending.Wait()
	t.Logf("%d of %d places with their values; requests by status: %v", min(sent, len(places)), len(places), a.statuses)
	t.Logf("counted: requests sent %d", sent)
	if a.statuses[http.StatusOK] < requests/20 || a.statuses[http.StatusUnprocessableEntity] < requests/20 {
		t.Errorf("too few of one kind: %v", a.statuses)
	}
}

// attack is what an attack has learnt.
type attack struct {
	target Target
	client *http.Client

	mu       sync.Mutex
	statuses map[int]int
	// ids are those of the latest tasks, turn counts their uses.
	ids  []string
	turn int
}

// A shot is one request.
type shot struct {
	operation

	path   map[string]string
	query  []string // pairs as they stand in the address
	header http.Header
	body   string
}

// base is a request that is right.
func base(op operation) shot {
	s := shot{operation: op, path: map[string]string{}, header: http.Header{}}
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInPath {
			s.path[p.Value.Name] = anyTask
		}
	}
	if op.RequestBody != nil {
		s.header.Set("Content-Type", "application/json")
		s.body = encode(example(op))
	}
	return s
}

// id returns the id of one of the latest tasks, if there are any.
func (a *attack) id() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.ids) == 0 {
		return anyTask
	}
	a.turn++
	return a.ids[a.turn%len(a.ids)]
}

// example is the document's example of the body, about any version of a task.
func example(op operation) any {
	media := op.RequestBody.Value.Content["application/json"]
	var tree any
	if err := json.Unmarshal([]byte(encode(media.Example)), &tree); err != nil {
		panic(err) // the document has been read
	}
	walk(tree, media.Schema.Value, func(holder any, key any, _ *openapi3.Schema) {
		if key == "version" {
			delete(holder.(map[string]any), "version")
		}
	})
	return tree
}

func encode(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // it came from JSON
	}
	return string(encoded)
}

// walk calls visit with each place below a value: what holds it, its name or
// number there, and its schema.
func walk(value any, schema *openapi3.Schema, visit func(holder, key any, schema *openapi3.Schema)) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			var inner *openapi3.Schema
			if ref := schema.Properties[name]; ref != nil {
				inner = ref.Value
			}
			if inner == nil {
				continue
			}
			walk(value[name], inner, visit)
			visit(value, name, inner)
		}
	case []any:
		for i := range value {
			walk(value[i], schema.Items.Value, visit)
			visit(value, i, schema.Items.Value)
		}
	}
}

// replaced returns the body with some of its places, by their number in the
// walk, replaced by pieces of JSON, and how many places there are.
func replaced(tree any, schema *openapi3.Schema, pieces map[int]text) (string, []*openapi3.Schema) {
	var places []*openapi3.Schema
	fill := map[string]text{}
	walk(tree, schema, func(holder, key any, schema *openapi3.Schema) {
		if piece, ok := pieces[len(places)]; ok {
			mark := fmt.Sprintf("@%d@", len(places))
			fill[`"`+mark+`"`] = piece
			switch holder := holder.(type) {
			case map[string]any:
				holder[key.(string)] = mark
			case []any:
				holder[key.(int)] = mark
			}
		}
		places = append(places, schema)
	})
	body := encode(tree)
	for mark, piece := range fill {
		body = strings.Replace(body, mark, piece, 1)
	}
	return body, places
}

// eachPlace returns, for each place of each operation's request, a request that
// is right but for that place.
func eachPlace(operations []operation) (all []shot) {
	for _, op := range operations {
		add := func(change func(*shot)) {
			s := base(op)
			change(&s)
			all = append(all, s)
		}
		add(func(*shot) {})
		for _, p := range op.Parameters {
			for _, edge := range edges(p.Value.Schema.Value) {
				add(func(s *shot) { s.set(p.Value, plain(edge)) })
			}
		}
		add(func(s *shot) { s.query = append(s.query, "nobody=knows") })
		for _, raw := range []string{"%zz", "%", "limit=%zz", "=&&;", "limit=1&limit=2", "%00=%00", "%ff", "a=" + strings.Repeat("a", 20_000)} {
			add(func(s *shot) { s.query = append(s.query, raw) })
		}
		for _, media := range accepted {
			add(func(s *shot) { s.header.Set("Accept", media) })
		}
		if op.RequestBody == nil {
			continue
		}
		schema := op.RequestBody.Value.Content["application/json"].Schema.Value
		_, places := replaced(example(op), schema, nil)
		for i, place := range places {
			for _, edge := range edges(place) {
				add(func(s *shot) { s.body, _ = replaced(example(op), schema, map[int]text{i: edge}) })
			}
		}
		for _, body := range append(whole(), odd...) {
			add(func(s *shot) { s.body = body })
		}
		for _, media := range mediaTypes {
			add(func(s *shot) { s.header.Set("Content-Type", media) })
		}
		add(func(s *shot) { s.header.Set("Content-Encoding", "gzip") })
	}
	return all
}

// several returns a request with a few things wrong.
func several(random *rand.Rand, op operation) shot {
	pick := func(from []text) text { return from[random.IntN(len(from))] }
	s := base(op)
	for _, p := range op.Parameters {
		if random.IntN(3) == 0 {
			s.set(p.Value, plain(pick(edges(p.Value.Schema.Value))))
		}
	}
	if op.RequestBody == nil {
		return s
	}
	schema := op.RequestBody.Value.Content["application/json"].Schema.Value
	tree := example(op)
	_, places := replaced(tree, schema, nil)
	pieces := map[int]text{}
	for range random.IntN(4) {
		i := random.IntN(len(places))
		pieces[i] = pick(edges(places[i]))
	}
	s.body, _ = replaced(tree, schema, pieces)
	switch at := random.IntN(20); {
	case at == 0 && len(s.body) > 0:
		s.body = s.body[:random.IntN(len(s.body))]
	case at == 1 && len(s.body) > 0:
		cut := random.IntN(len(s.body))
		s.body = s.body[:cut] + string(rune(random.IntN(0x110000))) + s.body[cut:]
	}
	return s
}

// set sets a parameter, if it can be sent at all.
func (s *shot) set(p *openapi3.Parameter, value string) {
	switch p.In {
	case openapi3.ParameterInPath:
		// These lead to other paths, which are no operation's.
		if value != "" && value != "." && value != ".." && !strings.Contains(value, "/") {
			s.path[p.Name] = value
		}
	case openapi3.ParameterInQuery:
		s.query = append(s.query, p.Name+"="+url.QueryEscape(value))
	case openapi3.ParameterInHeader:
		if !strings.ContainsFunc(value, unicode.IsControl) {
			s.header.Set(p.Name, value)
		}
	}
}

// fire sends a request and looks at the answer.
func (a *attack) fire(t *testing.T, s shot) {
	route := s.operation.path
	for name, value := range s.path {
		route = strings.ReplaceAll(route, "{"+name+"}", url.PathEscape(value))
	}
	id := a.id()
	route = strings.ReplaceAll(route, anyTask, id)
	body := strings.ReplaceAll(s.body, anyTask, id)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel() // which ends a stream
	r, err := http.NewRequestWithContext(ctx, s.method, a.target.URL+route, strings.NewReader(body))
	if err != nil {
		t.Errorf("%s %q: %v", s.method, route, err)
		return
	}
	r.URL.RawQuery = strings.Join(s.query, "&")
	maps.Copy(r.Header, a.target.Header)
	maps.Copy(r.Header, s.header)
	response, err := a.client.Do(r)
	if err != nil {
		t.Errorf("%s %s: %v", s.method, r.URL, err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	stream := strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream")
	var answer []byte
	if !stream {
		if answer, err = io.ReadAll(response.Body); err != nil {
			t.Errorf("%s %s: %v", s.method, r.URL, err)
			return
		}
	}
	a.learn(response.StatusCode, answer)
	if err := s.check(r, response, answer, stream); err != nil {
		t.Errorf("%s %s %q with %s: %d %s: %v", s.method, shorten(r.URL.String()), s.header, shorten(body), response.StatusCode, shorten(string(answer)), err)
	}
}

// learn counts an answer and keeps the id of a new task.
func (a *attack) learn(status int, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.statuses[status]++
	var created taskapi.TaskResponse
	if status == http.StatusCreated && json.Unmarshal(body, &created) == nil {
		a.ids = append(a.ids[max(0, len(a.ids)-10):], created.Data.ID)
	}
}

// check holds an answer against the document.
func (s shot) check(r *http.Request, response *http.Response, body []byte, stream bool) error {
	if response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("the server failed")
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: stream}
	err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r, PathParams: s.path, Options: options,
			Route: &routers.Route{Spec: s.document, Path: s.operation.path, Method: s.method, Operation: s.Operation},
		},
		Status: response.StatusCode, Header: response.Header, Body: io.NopCloser(strings.NewReader(string(body))), Options: options,
	})
	if err != nil || stream || response.StatusCode == http.StatusNotModified {
		return err
	}
	var envelope struct {
		Success   *bool
		Data      json.RawMessage
		Code      taskapi.ErrorCode
		Error     string
		RequestID string
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return err
	}
	fine := response.StatusCode < http.StatusBadRequest
	switch {
	case envelope.Success == nil || *envelope.Success != fine || fine != (envelope.Data != nil):
		return fmt.Errorf("the envelope does not say whether it went well")
	case !fine && (envelope.Code.Status() != response.StatusCode || envelope.Error == "" || envelope.RequestID != response.Header.Get("X-Request-Id")):
		return fmt.Errorf("the envelope does not say what went wrong")
	}
	return nil
}

// shorten keeps the log readable.
func shorten(s string) string {
	const longest = 300
	if len(s) > longest {
		return fmt.Sprintf("%.*q… (%d bytes)", longest, s, len(s))
	}
	return s
}
