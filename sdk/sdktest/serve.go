package sdktest

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// The media types of bodies.
const (
	typeJSON       = "application/json"
	typeMergePatch = "application/merge-patch+json"
	typeProblem    = "application/problem+json"
)

// route is an operation and where it is found.
type route struct {
	operation  string
	method     string
	path       string
	parameters []string // of the query
	mediaTypes []string // of the body; nil without one
	maxBody    int64    // in bytes; maxBody if it is zero
	answer     func(*Server, *call) (*reply, *problem)
}

// routes are the operations. Of two that match a request, the first one is
// meant.
var routes = []route{
	{operation: "listTasks", method: http.MethodGet, path: "/api/tasks", parameters: listParameters, answer: (*Server).listTasks},
	{operation: "createTask", method: http.MethodPost, path: "/api/tasks", mediaTypes: []string{typeJSON}, answer: (*Server).createTask},
	{operation: "batchTasks", method: http.MethodPost, path: "/api/tasks/batch", mediaTypes: []string{typeJSON}, maxBody: maxBatch, answer: (*Server).batchTasks},
	{operation: "taskStats", method: http.MethodGet, path: "/api/tasks/stats", parameters: []string{"timeZone"}, answer: (*Server).taskStats},
	{operation: "listChanges", method: http.MethodGet, path: "/api/tasks/changes", parameters: []string{"after", "limit"}, answer: (*Server).listChanges},
	{operation: "watchChanges", method: http.MethodGet, path: "/api/tasks/events", parameters: []string{"after"}, answer: (*Server).watchChanges},
	{operation: "getTask", method: http.MethodGet, path: "/api/tasks/{taskId}", answer: (*Server).getTask},
	{operation: "replaceTask", method: http.MethodPut, path: "/api/tasks/{taskId}", mediaTypes: []string{typeJSON}, answer: (*Server).replaceTask},
	{operation: "updateTask", method: http.MethodPatch, path: "/api/tasks/{taskId}", mediaTypes: []string{typeJSON, typeMergePatch}, answer: (*Server).updateTask},
	{operation: "deleteTask", method: http.MethodDelete, path: "/api/tasks/{taskId}", parameters: []string{"permanent"}, answer: (*Server).deleteTask},
	{operation: "restoreTask", method: http.MethodPost, path: "/api/tasks/{taskId}/restore", answer: (*Server).restoreTask},
}

// reads reports whether requests of the route change nothing.
func (r route) reads() bool { return r.method == http.MethodGet }

// call is a request on its way.
type call struct {
	request   *http.Request
	requestID string
	route     route
	taskID    string
	body      []byte
	userID    string
	expires   time.Time // of the token
	tx        *transaction
}

// reply is an answer. That of watchChanges has a stream in place of a body.
type reply struct {
	status int
	header http.Header
	body   []byte
	stream func(http.ResponseWriter, *http.Request)
}

// problem is a failure and its headers.
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

// invalid is the problem of a request that breaks rules.
func invalid(fields ...taskapi.FieldError) *problem {
	slices.SortStableFunc(fields, func(a, b taskapi.FieldError) int { return strings.Compare(a.Field, b.Field) })
	p := newProblem(taskapi.CodeInvalid, "The request is not valid: "+fields[0].Field+" "+fields[0].Message+".")
	p.Errors = fields
	return p
}

func notFound() *problem {
	return newProblem(taskapi.CodeTaskNotFound, "Task not found.")
}

// reply returns the problem as an answer.
func (p *problem) reply(requestID string) *reply {
	p.RequestID = requestID
	r := newReply(p.Status, p.Problem)
	for name, values := range p.header {
		r.header[name] = values
	}
	r.header.Set("Content-Type", typeProblem)
	return r
}

func newReply(status int, body any) *reply {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // the types of taskapi can always be encoded
	}
	return &reply{status: status, header: http.Header{"Content-Type": {typeJSON}}, body: encoded}
}

// replyTask is the answer with one task.
func replyTask(status int, task taskapi.Task) *reply {
	r := newReply(status, taskapi.TaskResponse{Success: true, Data: task})
	r.header.Set("ETag", entityTag(task.Version))
	return r
}

func entityTag(version int64) string {
	return `"` + strconv.FormatInt(version, 10) + `"`
}

var requestIDs = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// ServeHTTP answers a request, so that a server can also be used without a
// network.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r, requestID: r.Header.Get("X-Request-Id")}
	if !requestIDs.MatchString(c.requestID) {
		c.requestID = rand.Text()
	}
	w.Header().Set("X-Request-Id", c.requestID)

	failure := c.find()
	s.count(c.route.operation)
	fault := s.fault(c.route.operation)
	if !fault.before(s, r) {
		panic(http.ErrAbortHandler)
	}
	if failure == nil {
		failure = fault.problem()
	}
	var answer *reply
	if failure == nil {
		answer, failure = s.carryOut(c)
	}
	if failure != nil {
		answer = failure.reply(c.requestID)
	}
	answer.write(w, r, fault.Cut)
}

// write sends the answer, or as much of it as a fault lets through.
func (a *reply) write(w http.ResponseWriter, r *http.Request, cut Cut) {
	if cut == CutAnswer {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.stream != nil {
		a.stream(w, r)
		return
	}
	if a.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if r.Method == http.MethodHead {
		return
	}
	body := a.body
	if cut == CutHalfway {
		body = body[:len(body)/2]
	}
	_, _ = w.Write(body) // the client may be gone
	if cut == CutHalfway {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// find looks for the call's route.
func (c *call) find() *problem {
	method := c.request.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allowed []string
	for _, route := range routes {
		id, ok := match(route.path, c.request.URL.EscapedPath())
		switch {
		case !ok:
		case route.method == method:
			c.route, c.taskID = route, id
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

// match compares a path with a route's and returns the task's id in it.
func match(pattern, path string) (taskID string, ok bool) {
	before, after, hasID := strings.Cut(pattern, "{taskId}")
	if !hasID {
		return "", path == pattern
	}
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	id, ok := strings.CutSuffix(rest, after)
	return id, ok && id != "" && !strings.Contains(id, "/")
}

// carryOut does what the request asks for, after all checks that do not
// depend on the operation.
func (s *Server) carryOut(c *call) (*reply, *problem) {
	if p := c.checkMediaType(); p != nil {
		return nil, p
	}
	if p := s.authenticate(c); p != nil {
		return nil, p
	}
	if p := s.limitRate(c.userID); p != nil {
		return nil, p
	}
	if p := c.readBody(); p != nil {
		return nil, p
	}
	if p := c.checkNames(); p != nil {
		return nil, p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.user(c.userID)
	u.purge(s.now())
	c.tx = &transaction{user: u, now: s.now(), ids: &s.ids, seq: u.seq, staged: make(map[string]*entry)}
	if c.route.reads() {
		return c.route.answer(s, c)
	}
	key := c.request.Header.Get("Idempotency-Key")
	if key == "" {
		return c.write(s)
	}
	digest := c.digest()
	if kept, ok := u.kept[key]; ok {
		if kept.request != digest {
			return nil, newProblem(taskapi.CodeIdempotencyKeyReused, "This Idempotency-Key belongs to a different request.")
		}
		again := *kept.answer
		again.header = again.header.Clone()
		again.header.Set("Idempotency-Replayed", "true")
		return &again, nil
	}
	answer, p := c.write(s)
	if p == nil {
		u.kept[key] = keptAnswer{request: digest, answer: answer, at: c.tx.now}
	}
	return answer, p
}

// write carries out a write, whole or not at all.
func (c *call) write(s *Server) (*reply, *problem) {
	answer, p := c.route.answer(s, c)
	if p == nil {
		c.tx.commit()
	}
	return answer, p
}

// digest names what a request asks for.
func (c *call) digest() string {
	return strings.Join([]string{
		c.request.Method, c.request.URL.EscapedPath(), c.request.URL.Query().Encode(),
		c.request.Header.Get("If-Match"), string(c.body),
	}, "\x00")
}

func (c *call) checkMediaType() *problem {
	if c.route.mediaTypes == nil {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(c.route.mediaTypes, mediaType) {
		return newProblem(taskapi.CodeUnsupportedMediaType, "The body's Content-Type is not accepted here; send application/json.")
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
		return newProblem(taskapi.CodeBodyTooLarge, "The request's body is too large.")
	case err != nil && !errors.Is(err, io.EOF):
		panic(http.ErrAbortHandler) // the client is gone
	case n == 0:
		return invalid(fieldError("body", taskapi.FieldRequired, "is required"))
	}
	c.body = body.Bytes()
	return nil
}

// checkNames checks what every operation has besides its body: the id in the
// path, the names of the query's parameters, and the headers.
func (c *call) checkNames() *problem {
	var faults faults
	for name := range c.request.URL.Query() {
		if !slices.Contains(c.route.parameters, name) {
			faults.add(name, taskapi.FieldUnknown, "is not a known parameter")
		}
	}
	if strings.Contains(c.route.path, "{taskId}") && !isUUID(c.taskID) {
		faults.add("taskId", taskapi.FieldFormat, "must be a UUID")
	}
	c.taskID = strings.ToLower(c.taskID)
	if keys := c.request.Header.Values("Idempotency-Key"); !c.route.reads() && len(keys) > 0 {
		const most = 255
		switch key := keys[0]; {
		case len(key) > most:
			faults.add("Idempotency-Key", taskapi.FieldTooLong, "must have at most 255 characters")
		case key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
			faults.add("Idempotency-Key", taskapi.FieldFormat, "must have visible ASCII characters only")
		}
	}
	return faults.problem()
}

var uuids = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func isUUID(text string) bool { return uuids.MatchString(text) }

// faults are the parts of a request that break rules.
type faults []taskapi.FieldError

func (f *faults) add(field string, code taskapi.FieldErrorCode, message string) {
	*f = append(*f, fieldError(field, code, message))
}

// problem returns the problem of the faults, or nil without any.
func (f faults) problem() *problem {
	if len(f) == 0 {
		return nil
	}
	return invalid(f...)
}

func fieldError(field string, code taskapi.FieldErrorCode, message string) taskapi.FieldError {
	return taskapi.FieldError{Field: field, Code: code, Message: message}
}
