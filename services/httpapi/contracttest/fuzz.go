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

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// senders is the number of concurrent requests.
const senders = 4

// Target is the tested server, and the credentials of one of its users.
type Target struct {
	URL    string
	Header http.Header
}

// Fuzz sends requests made from the document, most of them invalid: first those with one
// invalid value, for each value and each test value, in an order chosen by the seed; then
// random combinations until the number of requests is reached. Every response must have a
// documented status and body and a valid envelope, and none may be a server error.
func Fuzz(t *testing.T, document []byte, target Target, seed uint64, requests int) {
	t.Helper()
	d, err := Load(document)
	if err != nil {
		t.Fatal(err)
	}
	f := &fuzzer{document: d, target: target, statuses: map[int]int{}}
	f.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer f.client.CloseIdleConnections()
	queue := make(chan fuzzRequest)
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for s := range queue {
				f.send(t, s)
			}
		})
	}
	sent := 0
	send := func(s fuzzRequest) bool {
		queue <- s
		sent++
		return sent < requests && !t.Failed()
	}
	for _, op := range d.operations {
		if op.creates() {
			f.send(t, bases(op)[0]) // creates a resource
		}
	}
	for _, op := range d.operations {
		f.repeat(t, op)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	single := oneInvalidValue(d.operations)
	// In a random order, a short run also covers all operations.
	random.Shuffle(len(single), func(i, j int) { single[i], single[j] = single[j], single[i] })
	for _, s := range single {
		if !send(s) {
			break
		}
	}
	for sent < requests && send(randomRequest(random, d.operations[random.IntN(len(d.operations))])) {
	}
	close(queue)
	sending.Wait()
	t.Logf("%d of %d requests with one invalid value; requests by status: %v", min(sent, len(single)), len(single), f.statuses)
	t.Logf("counted: requests sent %d", sent)
	// About one request in fifteen succeeds.
	succeeded := f.statuses[http.StatusOK] + f.statuses[http.StatusCreated]
	if succeeded < requests/50 || f.statuses[http.StatusUnprocessableEntity] < requests/20 {
		t.Errorf("too few successes or too few rejections: %v", f.statuses)
	}
}

// fuzzer is the state of one call of Fuzz.
type fuzzer struct {
	document *Document
	target   Target
	client   *http.Client

	mu       sync.Mutex
	statuses map[int]int
	// ids are those of the latest resources, used counts how often one was used.
	ids  []string
	used int
}

// fuzzRequest is one request.
type fuzzRequest struct {
	operation

	path   map[string]string
	query  []string // encoded pairs
	header http.Header
	body   string
	// value is the valid body.
	value any
}

// bases returns valid requests, one for each variant of the body.
func bases(op operation) []fuzzRequest {
	s := fuzzRequest{operation: op, path: map[string]string{}, header: http.Header{}}
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInPath {
			s.path[p.Value.Name] = exampleID
		}
	}
	if op.RequestBody == nil {
		return []fuzzRequest{s}
	}
	s.header.Set("Content-Type", "application/json")
	var all []fuzzRequest
	for _, value := range variants(op.json()) {
		s.value, s.body = value, encode(value)
		all = append(all, s)
	}
	return all
}

// copied returns a copy that can be changed.
func (s fuzzRequest) copied() fuzzRequest {
	s.path, s.query, s.header = maps.Clone(s.path), slices.Clone(s.query), s.header.Clone()
	return s
}

// id returns the id of one of the latest resources, or the example's id.
func (f *fuzzer) id() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.ids) == 0 {
		return exampleID
	}
	f.used++
	return f.ids[f.used%len(f.ids)]
}

// replaced returns the body with some values replaced by other JSON, and the schemas of
// all values. Values are numbered in the order in which walk visits them.
func replaced(value any, schema *openapi3.Schema, pieces map[int]text) (string, []*openapi3.Schema) {
	tree := clone(value)
	var schemas []*openapi3.Schema
	byMark := map[string]text{}
	walk(tree, schema, func(container, key any, schema *openapi3.Schema) {
		if piece, ok := pieces[len(schemas)]; ok {
			mark := fmt.Sprintf("@%d@", len(schemas))
			byMark[`"`+mark+`"`] = piece
			switch container := container.(type) {
			case map[string]any:
				container[key.(string)] = mark
			case []any:
				container[key.(int)] = mark
			}
		}
		schemas = append(schemas, schema)
	})
	body := encode(tree)
	for mark, piece := range byMark {
		body = strings.Replace(body, mark, piece, 1)
	}
	return body, schemas
}

// oneInvalidValue returns the requests that replace one value of an operation's request by
// a test value.
func oneInvalidValue(operations []operation) (all []fuzzRequest) {
	for _, op := range operations {
		for i, base := range bases(op) {
			add := func(change func(*fuzzRequest)) {
				s := base.copied()
				change(&s)
				all = append(all, s)
			}
			add(func(*fuzzRequest) {})
			if base.value != nil {
				_, schemas := replaced(base.value, op.json(), nil)
				for i, schema := range schemas {
					for _, edge := range edges(schema) {
						add(func(s *fuzzRequest) { s.body, _ = replaced(base.value, op.json(), map[int]text{i: edge}) })
					}
				}
			}
			if i == 0 {
				outsideBody(op, add)
			}
		}
	}
	return all
}

// outsideBody adds requests with invalid parameters, media types or whole bodies.
func outsideBody(op operation, add func(func(*fuzzRequest))) {
	for _, p := range op.Parameters {
		for _, edge := range edges(p.Value.Schema.Value) {
			add(func(s *fuzzRequest) { s.set(p.Value, plain(edge)) })
		}
	}
	add(func(s *fuzzRequest) { s.query = append(s.query, "nobody=knows") })
	for _, raw := range []string{"%zz", "%", "limit=%zz", "=&&;", "limit=1&limit=2", "%00=%00", "%ff", "a=" + strings.Repeat("a", 20_000)} {
		add(func(s *fuzzRequest) { s.query = append(s.query, raw) })
	}
	for _, media := range accepted {
		add(func(s *fuzzRequest) { s.header.Set("Accept", media) })
	}
	if op.RequestBody == nil {
		return
	}
	for _, body := range append(malformedBodies(), oddValues...) {
		add(func(s *fuzzRequest) { s.body = body })
	}
	for _, media := range mediaTypes {
		add(func(s *fuzzRequest) { s.header.Set("Content-Type", media) })
	}
	add(func(s *fuzzRequest) { s.header.Set("Content-Encoding", "gzip") })
}

// randomRequest returns a request with several random test values.
func randomRequest(random *rand.Rand, op operation) fuzzRequest {
	pick := func(from []text) text { return from[random.IntN(len(from))] }
	all := bases(op)
	s := all[random.IntN(len(all))].copied()
	for _, p := range op.Parameters {
		if random.IntN(3) == 0 {
			s.set(p.Value, plain(pick(edges(p.Value.Schema.Value))))
		}
	}
	if op.RequestBody == nil {
		return s
	}
	_, schemas := replaced(s.value, op.json(), nil)
	pieces := map[int]text{}
	for range random.IntN(4) {
		i := random.IntN(len(schemas))
		pieces[i] = pick(edges(schemas[i]))
	}
	s.body, _ = replaced(s.value, op.json(), pieces)
	switch choice := random.IntN(20); {
	case choice == 0 && len(s.body) > 0:
		s.body = s.body[:random.IntN(len(s.body))]
	case choice == 1 && len(s.body) > 0:
		cut := random.IntN(len(s.body))
		s.body = s.body[:cut] + string(rune(random.IntN(0x110000))) + s.body[cut:]
	}
	return s
}

// set sets a parameter, if the value can be sent.
func (s *fuzzRequest) set(p *openapi3.Parameter, value string) {
	switch p.In {
	case openapi3.ParameterInPath:
		// Other values would change the path.
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

// send sends a request and checks the response.
func (f *fuzzer) send(t *testing.T, s fuzzRequest) {
	sent, response, err := f.do(t, s)
	if err == nil {
		f.record(response.Status, response.Body)
		err = f.document.checkEnvelope(s.operation, response)
	}
	if err != nil {
		t.Errorf("%s: %d %s: %v", sent, response.Status, shorten(string(response.Body)), err)
	}
}

// do sends a request, with the id of a resource in place of that of the examples. It returns
// the request's text for the test log, and the response, without the events of a stream.
func (f *fuzzer) do(t *testing.T, s fuzzRequest) (sent string, response Response, err error) {
	route, id := s.operation.path, f.id()
	for name, value := range s.path {
		route = strings.ReplaceAll(route, "{"+name+"}", url.PathEscape(value))
	}
	route, body, query := withID(route, id), withID(s.body, id), strings.Join(s.query, "&")
	sent = fmt.Sprintf("%s %s %q with %s", s.method, shorten(route+"?"+query), s.header, shorten(body))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel() // ends a stream
	r, err := http.NewRequestWithContext(ctx, s.method, f.target.URL+route, strings.NewReader(body))
	if err != nil {
		return sent, response, err
	}
	r.URL.RawQuery = query
	maps.Copy(r.Header, f.target.Header)
	maps.Copy(r.Header, s.header)
	received, err := f.client.Do(r)
	if err != nil {
		return sent, response, err
	}
	defer func() { _ = received.Body.Close() }()
	response = Response{Status: received.StatusCode, Header: received.Header}
	if !isStream(response) {
		response.Body, err = io.ReadAll(received.Body)
	}
	return sent, response, err
}

func isStream(response Response) bool {
	return strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream")
}

// record counts a status and keeps the id of a new resource.
func (f *fuzzer) record(status int, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.statuses[status]++
	var created struct {
		Data struct{ ID string }
	}
	if status == http.StatusCreated && json.Unmarshal(body, &created) == nil {
		f.ids = append(f.ids[max(0, len(f.ids)-10):], created.Data.ID)
	}
}

// checkEnvelope returns an error if a response is a server error or not as documented, or
// if its envelope does not match its status.
func (d *Document) checkEnvelope(op operation, response Response) error {
	if response.Status >= http.StatusInternalServerError {
		return fmt.Errorf("the response is a server error")
	}
	if err := d.check(&op, response); err != nil || isStream(response) || response.Status == http.StatusNotModified {
		return err
	}
	var envelope struct {
		Success   *bool
		Data      json.RawMessage
		Code      taskapi.ErrorCode
		Error     string
		RequestID string
	}
	if err := json.Unmarshal(response.Body, &envelope); err != nil {
		return err
	}
	success := response.Status < http.StatusBadRequest
	switch {
	case envelope.Success == nil || *envelope.Success != success || success != (envelope.Data != nil):
		return fmt.Errorf("success does not match the status")
	case !success && (envelope.Code.Status() != response.Status || envelope.Error == "" || envelope.RequestID != response.Header.Get("X-Request-Id")):
		return fmt.Errorf("the error fields are missing or do not match the response")
	}
	return nil
}

// shorten shortens text for the test log.
func shorten(s string) string {
	const longest = 300
	if len(s) > longest {
		return fmt.Sprintf("%.*q… (%d bytes)", longest, s, len(s))
	}
	return s
}
