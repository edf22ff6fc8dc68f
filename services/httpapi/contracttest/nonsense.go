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

// Target is the server under attack, and the credentials of one of its users.
type Target struct {
	URL    string
	Header http.Header
}

// Nonsense sends requests made from the document, most of them invalid: first each place
// of each request with each bad value, in an order chosen by the seed, then random
// combinations until there are enough requests. Every response must have a documented
// status and body and a valid envelope, and none may be a server error.
func Nonsense(t *testing.T, document []byte, target Target, seed uint64, requests int) {
	t.Helper()
	d, err := Load(document)
	if err != nil {
		t.Fatal(err)
	}
	a := &attack{document: d, target: target, statuses: map[int]int{}}
	a.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer a.client.CloseIdleConnections()
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
	for _, op := range d.operations {
		if op.creates() {
			a.fire(t, bases(op)[0]) // creates a resource
		}
	}
	for _, op := range d.operations {
		a.repeat(t, op)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	places := eachPlace(d.operations)
	// A short run then covers all operations, too.
	random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	for _, s := range places {
		if !send(s) {
			break
		}
	}
	for sent < requests && send(several(random, d.operations[random.IntN(len(d.operations))])) {
	}
	close(queue)
	sending.Wait()
	t.Logf("%d of %d places with their values; requests by status: %v", min(sent, len(places)), len(places), a.statuses)
	t.Logf("counted: requests sent %d", sent)
	// Places are drawn at random: about one request in fifteen succeeds.
	succeeded := a.statuses[http.StatusOK] + a.statuses[http.StatusCreated]
	if succeeded < requests/50 || a.statuses[http.StatusUnprocessableEntity] < requests/20 {
		t.Errorf("too few successes or too few rejections: %v", a.statuses)
	}
}

// attack is the state of an attack.
type attack struct {
	document *Document
	target   Target
	client   *http.Client

	mu       sync.Mutex
	statuses map[int]int
	// ids are those of the latest resources, turn counts their uses.
	ids  []string
	turn int
}

// A shot is one request.
type shot struct {
	operation

	path   map[string]string
	query  []string // encoded pairs
	header http.Header
	body   string
	// value is the valid body.
	value any
}

// bases returns valid requests, one for each variant of the body.
func bases(op operation) []shot {
	s := shot{operation: op, path: map[string]string{}, header: http.Header{}}
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInPath {
			s.path[p.Value.Name] = exampleID
		}
	}
	if op.RequestBody == nil {
		return []shot{s}
	}
	s.header.Set("Content-Type", "application/json")
	var all []shot
	for _, value := range variants(op.json()) {
		s.value, s.body = value, encode(value)
		all = append(all, s)
	}
	return all
}

// copied returns a copy that can be changed.
func (s shot) copied() shot {
	s.path, s.query, s.header = maps.Clone(s.path), slices.Clone(s.query), s.header.Clone()
	return s
}

// id returns the id of one of the latest resources, if there are any.
func (a *attack) id() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.ids) == 0 {
		return exampleID
	}
	a.turn++
	return a.ids[a.turn%len(a.ids)]
}

// replaced returns the body with some places, numbered as walk visits them, replaced by
// pieces of JSON, and the schemas of all places.
func replaced(value any, schema *openapi3.Schema, pieces map[int]text) (string, []*openapi3.Schema) {
	tree := clone(value)
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

// eachPlace returns, for each place of each operation's request, a request that is
// invalid only there.
func eachPlace(operations []operation) (all []shot) {
	for _, op := range operations {
		for i, base := range bases(op) {
			add := func(change func(*shot)) {
				s := base.copied()
				change(&s)
				all = append(all, s)
			}
			add(func(*shot) {})
			if base.value != nil {
				_, places := replaced(base.value, op.json(), nil)
				for i, place := range places {
					for _, edge := range edges(place) {
						add(func(s *shot) { s.body, _ = replaced(base.value, op.json(), map[int]text{i: edge}) })
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

// outsideBody adds requests that are invalid outside the body.
func outsideBody(op operation, add func(func(*shot))) {
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
		return
	}
	for _, body := range append(whole(), odd...) {
		add(func(s *shot) { s.body = body })
	}
	for _, media := range mediaTypes {
		add(func(s *shot) { s.header.Set("Content-Type", media) })
	}
	add(func(s *shot) { s.header.Set("Content-Encoding", "gzip") })
}

// several returns a request with several faults.
func several(random *rand.Rand, op operation) shot {
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
	_, places := replaced(s.value, op.json(), nil)
	pieces := map[int]text{}
	for range random.IntN(4) {
		i := random.IntN(len(places))
		pieces[i] = pick(edges(places[i]))
	}
	s.body, _ = replaced(s.value, op.json(), pieces)
	switch at := random.IntN(20); {
	case at == 0 && len(s.body) > 0:
		s.body = s.body[:random.IntN(len(s.body))]
	case at == 1 && len(s.body) > 0:
		cut := random.IntN(len(s.body))
		s.body = s.body[:cut] + string(rune(random.IntN(0x110000))) + s.body[cut:]
	}
	return s
}

// set sets a parameter, if the value can be sent.
func (s *shot) set(p *openapi3.Parameter, value string) {
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

// fire sends a request and checks the response.
func (a *attack) fire(t *testing.T, s shot) {
	route := s.operation.path
	for name, value := range s.path {
		route = strings.ReplaceAll(route, "{"+name+"}", url.PathEscape(value))
	}
	id := a.id()
	route = strings.ReplaceAll(route, exampleID, id)
	body := strings.ReplaceAll(s.body, exampleID, id)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel() // ends a stream
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
	var received []byte
	if !stream {
		if received, err = io.ReadAll(response.Body); err != nil {
			t.Errorf("%s %s: %v", s.method, r.URL, err)
			return
		}
	}
	a.learn(response.StatusCode, received)
	if err := a.document.checkEnvelope(s.operation, Response{response.StatusCode, response.Header, received}); err != nil {
		t.Errorf("%s %s %q with %s: %d %s: %v", s.method, shorten(r.URL.String()), s.header, shorten(body), response.StatusCode, shorten(string(received)), err)
	}
}

// learn counts a status and keeps the id of a new resource.
func (a *attack) learn(status int, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.statuses[status]++
	var created struct {
		Data struct{ ID string }
	}
	if status == http.StatusCreated && json.Unmarshal(body, &created) == nil {
		a.ids = append(a.ids[max(0, len(a.ids)-10):], created.Data.ID)
	}
}

// checkEnvelope checks the response to an invalid request: it is as documented, no server
// error, and its envelope matches its status.
func (d *Document) checkEnvelope(op operation, response Response) error {
	if response.Status >= http.StatusInternalServerError {
		return fmt.Errorf("the server returned an error of its own")
	}
	stream := strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream")
	if err := d.check(&op, response); err != nil || stream || response.Status == http.StatusNotModified {
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
	fine := response.Status < http.StatusBadRequest
	switch {
	case envelope.Success == nil || *envelope.Success != fine || fine != (envelope.Data != nil):
		return fmt.Errorf("success does not match the status")
	case !fine && (envelope.Code.Status() != response.Status || envelope.Error == "" || envelope.RequestID != response.Header.Get("X-Request-Id")):
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
