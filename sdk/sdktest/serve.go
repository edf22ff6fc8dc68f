package sdktest

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// The media types of bodies.
const (
	typeJSON       = "application/json"
	typeMergePatch = "application/merge-patch+json"
	typeProblem    = "application/problem+json"
)

// route is an operation with its method and path. It has either read or write.
type route struct {
	operation  string
	method     string
	path       string
	parameters []string // of the query
	// conditional says that the operation accepts If-Match and If-None-Match,
	// although its path has no id.
	conditional bool
	mediaTypes  []string // of the body; nil without one
	maxBody     int64    // in bytes; zero means the constant maxBody
	read        func(*Server, *call) (*reply, *problem)
	write       func(*call) (write, *problem)
}

// routes returns the operations. If several match a request, the first one counts.
var routes = sync.OnceValue(func() []route {
	all := []route{
		{operation: "batch", method: http.MethodPost, path: "/api/batch", mediaTypes: []string{typeJSON}, maxBody: maxBatch, write: readBatch},
		{operation: "listChanges", method: http.MethodGet, path: "/api/changes", parameters: []string{"after", "cursor", "limit"}, read: (*Server).listChanges},
		{operation: "watchChanges", method: http.MethodGet, path: "/api/events", parameters: []string{"after"}, read: (*Server).watchChanges},
	}
	for _, k := range kinds() {
		if k.single != "" {
			all = append(all,
				route{operation: "get" + k.title, method: http.MethodGet, path: k.path, conditional: true, read: k.get},
				route{operation: "update" + k.title, method: http.MethodPatch, path: k.path, conditional: true, mediaTypes: []string{typeJSON, typeMergePatch}, write: k.writeOne(taskapi.BatchUpdate)},
			)
			continue
		}
		item := k.path + "/{id}"
		all = append(all, k.routes...)
		all = append(all,
			route{operation: "create" + k.title, method: http.MethodPost, path: k.path, mediaTypes: []string{typeJSON}, write: k.writeOne(taskapi.BatchCreate)},
			route{operation: "get" + k.title, method: http.MethodGet, path: item, read: k.get},
			route{operation: "replace" + k.title, method: http.MethodPut, path: item, mediaTypes: []string{typeJSON}, write: k.writeOne(taskapi.BatchReplace)},
			route{operation: "update" + k.title, method: http.MethodPatch, path: item, mediaTypes: []string{typeJSON, typeMergePatch}, write: k.writeOne(taskapi.BatchUpdate)},
			route{operation: "delete" + k.title, method: http.MethodDelete, path: item, parameters: []string{"permanent"}, write: k.writeOne(taskapi.BatchDelete)},
			route{operation: "restore" + k.title, method: http.MethodPost, path: item + "/restore", write: k.writeOne(taskapi.BatchRestore)},
			route{operation: "move" + k.title, method: http.MethodPost, path: item + "/move", mediaTypes: []string{typeJSON}, write: k.writeOne(taskapi.BatchMove)},
		)
	}
	return all
})

// call is a request in progress.
type call struct {
	request   *http.Request
	requestID string
	route     route
	id        string // of the path
	body      []byte
	userID    string
	expires   time.Time // of the token
	tx        *transaction
}

// reply is a response. The reply of watchChanges has a stream in place of a body.
type reply struct {
	status int
	header http.Header
	body   []byte
	stream func(http.ResponseWriter, *http.Request)
}

// problem is a problem document and its headers.
type problem struct {
	taskapi.Problem
	header http.Header
}

func newProblem(code taskapi.ErrorCode, sentence string) *problem {
	return &problem{Problem: taskapi.Problem{
		Error:  sentence,
		Code:   code,
		Status: code.Status(),
		Title:  http.StatusText(code.Status()),
	}, header: make(http.Header)}
}

// invalid returns the problem of an invalid request.
func invalid(fields ...taskapi.FieldError) *problem {
	for i := range fields {
		fields[i].Field = cmp.Or(fields[i].Field, "body")
	}
	slices.SortStableFunc(fields, func(a, b taskapi.FieldError) int { return strings.Compare(a.Field, b.Field) })
	p := newProblem(taskapi.CodeInvalid, "The request is not valid: "+fields[0].Field+" "+fields[0].Message+".")
	p.Errors = fields
	return p
}

// reply returns the problem as a response.
func (p *problem) reply(requestID string) *reply {
	p.RequestID = requestID
	r := newReply(p.Status, p.Problem)
	maps.Copy(r.header, p.header)
	r.header.Set("Content-Type", typeProblem)
	return r
}

func newReply(status int, body any) *reply {
	return &reply{status: status, header: http.Header{"Content-Type": {typeJSON}}, body: encode(body)}
}

func entityTag(version int64) string {
	return `"` + strconv.FormatInt(version, 10) + `"`
}

var requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// ServeHTTP handles a request, so that a server can be used without a network.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r, requestID: r.Header.Get("X-Request-Id")}
	if !requestIDPattern.MatchString(c.requestID) {
		c.requestID = rand.Text()
	}
	w.Header().Set("X-Request-Id", c.requestID)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")

	failure := c.find()
	fault := s.fault(c.route.operation)
	if !fault.before(s, r) {
		panic(http.ErrAbortHandler)
	}
	if failure == nil {
		failure = fault.problem()
	}
	var response *reply
	if failure == nil {
		response, failure = s.carryOut(c)
	}
	if failure != nil {
		response = failure.reply(c.requestID)
	}
	response.write(w, r, fault.Cut)
}

// write sends the response, or the part of it that a fault leaves.
func (rep *reply) write(w http.ResponseWriter, r *http.Request, cut Cut) {
	if cut == CutResponse {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), rep.header)
	if rep.stream != nil {
		rep.stream(w, r)
		return
	}
	if rep.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(rep.body)))
	}
	w.WriteHeader(rep.status)
	if r.Method == http.MethodHead {
		return
	}
	body := rep.body
	if cut == CutHalfway {
		body = body[:len(body)/2]
	}
	_, _ = w.Write(body) // the client may have disconnected
	if cut == CutHalfway {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// find sets the call's route and the id in its path.
func (c *call) find() *problem {
	method := c.request.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allowed []string
	for _, route := range routes() {
		id, ok := match(route.path, c.request.URL.EscapedPath())
		switch {
		case !ok:
		case route.method == method:
			c.route, c.id = route, id
			return nil
		default:
			allowed = append(allowed, route.method)
		}
	}
	if allowed == nil {
		return newProblem(taskapi.CodeNotFound, "There is nothing at this path.")
	}
	p := newProblem(taskapi.CodeMethodNotAllowed, "This path does not accept the method "+c.request.Method+".")
	p.header["Allow"] = allowed
	return p
}

// match compares a path with a route's and returns the id in it.
func match(pattern, path string) (id string, ok bool) {
	before, after, hasID := strings.Cut(pattern, "{id}")
	if !hasID {
		return "", path == pattern
	}
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	id, ok = strings.CutSuffix(rest, after)
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// carryOut executes the request, after the checks that all operations share.
func (s *Server) carryOut(c *call) (*reply, *problem) {
	authenticate := func() *problem { return s.authenticate(c) }
	for _, check := range []func() *problem{c.checkMediaType, authenticate, c.readBody, c.checkParameters} {
		if p := check(); p != nil {
			return nil, p
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.user(c.userID)
	u.purge(s.now())
	c.tx = u.begin(s.now())
	c.tx.ids, c.tx.maxResources, c.tx.maxBytes = &s.ids, s.maxResources, s.maxBytes
	if c.route.read != nil {
		return c.route.read(s, c)
	}
	w, p := c.route.write(c)
	if p != nil {
		return nil, p
	}
	key := c.request.Header.Get("Idempotency-Key")
	fingerprint := string(encode(w.fingerprint))
	if stored, ok := u.stored[key]; ok && key != "" {
		if stored.request != fingerprint {
			return nil, newProblem(taskapi.CodeIdempotencyKeyReused, "This Idempotency-Key belongs to a different request.")
		}
		return u.replay(stored), nil
	}
	response, p := w.run(c.tx)
	if p != nil {
		return nil, p // nothing has changed
	}
	var sizes []storedSize
	size := 0
	if key != "" {
		sizes, size = c.tx.storedSizes()
	}
	if !c.tx.fits(size) {
		return nil, quotaExceeded()
	}
	c.tx.commit()
	if key != "" {
		u.stored[key] = storedResponse{request: fingerprint, response: response, sizes: sizes, at: c.tx.now}
	}
	return response, nil
}

func (c *call) checkMediaType() *problem {
	if c.route.mediaTypes == nil {
		return nil
	}
	if encoding := joined(c.request.Header, "Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		p := newProblem(taskapi.CodeUnsupportedMediaType, "The request body must not be compressed.")
		p.header.Set("Accept-Encoding", "identity")
		return p
	}
	mediaType, _, err := mime.ParseMediaType(joined(c.request.Header, "Content-Type"))
	if err != nil || !slices.Contains(c.route.mediaTypes, mediaType) {
		return newProblem(taskapi.CodeUnsupportedMediaType, "The Content-Type of the request body is not supported. Send application/json.")
	}
	return nil
}

func (c *call) readBody() *problem {
	if c.route.mediaTypes == nil || c.request.Body == nil {
		return nil
	}
	var body bytes.Buffer
	n, err := body.ReadFrom(http.MaxBytesReader(nil, c.request.Body, cmp.Or(c.route.maxBody, maxBody)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return newProblem(taskapi.CodeBodyTooLarge, "The request body is too large.")
	case err != nil && !errors.Is(err, io.EOF):
		panic(http.ErrAbortHandler) // the client has disconnected
	case n == 0:
		return invalid(fieldError("body", taskapi.FieldRequired, "is required"))
	}
	c.body = body.Bytes()
	return nil
}

// joined returns the lines of a header as one.
func joined(header http.Header, name string) string {
	return strings.Join(header.Values(name), ", ")
}

var (
	// repeatable are the parameters that may be repeated.
	repeatable = []string{"tag", "priority"}
	// texts are the parameters that may be empty, which means absent.
	texts = []string{"q", "cursor", "timeZone"}
)

// rejectRepeated rejects repeated parameters, and empty ones that are not texts.
func (c *call) rejectRepeated() *problem {
	var f fieldErrors
	query, err := url.ParseQuery(c.request.URL.RawQuery)
	if err != nil {
		f.add("query", taskapi.FieldFormat, "is malformed")
	}
	for _, name := range c.route.parameters {
		f.checkParameter(name, query[name], slices.Contains(texts, name))
	}
	header := c.request.Header
	if c.route.write != nil {
		f.checkParameter("Idempotency-Key", header.Values("Idempotency-Key"), false)
	}
	if c.route.operation == "watchChanges" {
		f.checkParameter("Last-Event-ID", header.Values("Last-Event-ID"), false)
	}
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if len(header.Values(name)) > 0 && (c.route.conditional || strings.Contains(c.route.path, "{id}")) {
			f.checkParameter(name, []string{joined(header, name)}, false)
		}
	}
	return f.problem()
}

func (f *fieldErrors) checkParameter(name string, values []string, isText bool) {
	switch {
	case len(values) > 1 && !slices.Contains(repeatable, name):
		f.add(name, taskapi.FieldDuplicate, "must not be given twice")
	case slices.Contains(values, "") && !isText:
		f.add(name, taskapi.FieldFormat, "must not be empty")
	}
}

// checkParameters checks the id in the path, the names of the query's parameters, and the
// Idempotency-Key.
func (c *call) checkParameters() *problem {
	if p := c.rejectRepeated(); p != nil {
		return p
	}
	var f fieldErrors
	for name := range c.request.URL.Query() {
		if !slices.Contains(c.route.parameters, name) {
			f.add(name, taskapi.FieldUnknown, "is not a known parameter")
		}
	}
	if strings.Contains(c.route.path, "{id}") && !isUUID(c.id) {
		f.add("id", taskapi.FieldFormat, "must be a UUID")
	}
	c.id = strings.ToLower(c.id)
	if keys := c.request.Header.Values("Idempotency-Key"); c.route.write != nil && len(keys) > 0 {
		const maximum = 255
		switch key := keys[0]; {
		case len(key) > maximum:
			f.add("Idempotency-Key", taskapi.FieldTooLong, "must have at most 255 characters")
		case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
			f.add("Idempotency-Key", taskapi.FieldFormat, "must have visible ASCII characters only")
		}
	}
	return f.problem()
}

var uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func isUUID(text string) bool { return uuidPattern.MatchString(text) }
