// Package modeltest_test compares sdktest's in-memory service with the real one: it plays
// random sequences of requests on both and compares every response. A sequence that differs
// is shrunk and printed.
package modeltest_test

import (
	"fmt"
	"strings"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// step is one request, written so that it applies to both sides: a resource is named by
// the step that created it, a version is the latest one seen.
type step struct {
	// number stays the same when other steps are removed.
	number int
	method string
	// path has {name} in place of the id of a resource.
	path string
	// query may have {cursor}, the cursor of the list's last page.
	query string
	// body has {name} in place of ids.
	body body
	// header are lines of the header. If-Match and If-None-Match may have
	// {version}, the latest version of the path's resource that was seen.
	header []headerLine
	// again, unless zero, is the number of the step whose request this one repeats.
	again int
}

type headerLine struct{ name, value string }

// body is the body of a request: members of an object, or operations of a batch, possibly
// followed by other text.
type body struct {
	members    []member
	operations []body
	instead    string // in place of all others
	trailing   string
}

type member struct {
	name  string
	value string // JSON
	inner *body  // in place of value
}

func (b body) empty() bool {
	return b.members == nil && b.operations == nil && b.instead == ""
}

// String returns the body's JSON.
func (b body) String() string {
	if b.instead != "" {
		return b.instead
	}
	if b.operations != nil {
		all := make([]string, len(b.operations))
		for i, operation := range b.operations {
			all[i] = operation.String()
		}
		return `{"operations":[` + strings.Join(all, ",") + `]}` + b.trailing
	}
	all := make([]string, len(b.members))
	for i, m := range b.members {
		value := m.value
		if m.inner != nil {
			value = m.inner.String()
		}
		all[i] = `"` + m.name + `":` + value
	}
	return "{" + strings.Join(all, ",") + "}" + b.trailing
}

// String returns a description of the step.
func (s step) String() string {
	if s.again != 0 {
		return fmt.Sprintf("%d: the request of step %d again", s.number, s.again)
	}
	text := fmt.Sprintf("%d: %s %s", s.number, s.method, s.path)
	if s.query != "" {
		text += "?" + s.query
	}
	for _, line := range s.header {
		text += fmt.Sprintf(" %s: %s", line.name, line.value)
	}
	if !s.body.empty() {
		text += fmt.Sprintf(" %.300s", s.body)
	}
	return text
}

// created returns the name of the resource that a step, or an operation of its batch,
// creates.
func created(name taskapi.Kind, number int, operation ...int) string {
	if len(operation) > 0 {
		return fmt.Sprintf("%s %d.%d", name, number, operation[0])
	}
	return fmt.Sprintf("%s %d", name, number)
}

// next returns the name of the successor of the task that a step, or an operation of its
// batch, completes. Copies of sub-tasks have a number after it.
func next(number int, operation ...int) string {
	return created(taskapi.KindTask, number, operation...) + "n"
}
