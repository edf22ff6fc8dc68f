package api

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tasklane/tasklane/sdk/taskapi"
	"github.com/tasklane/tasklane/services/httpapi"
)

// The years a due date may lie in. Both ends can be written as RFC 3339 and
// kept by PostgreSQL.
const (
	minYear = 1
	maxYear = 9999
)

// cleanContent returns a task's content as it is kept: text in Unicode's
// composed form (NFC), titles and tags without surrounding space, times in
// UTC to the microsecond. What the schema cannot say about it is checked here.
func cleanContent(c taskapi.ReplaceTaskRequest) (taskapi.ReplaceTaskRequest, error) {
	var check checker
	c = check.content(c)
	return c, check.err()
}

// cleanCreate does the same for a new task.
func cleanCreate(c taskapi.CreateTaskRequest) (taskapi.CreateTaskRequest, error) {
	clean, err := cleanContent(taskapi.ReplaceTaskRequest(c))
	return taskapi.CreateTaskRequest(clean), err
}

// cleanPatch does the same for the fields that are present.
func cleanPatch(p taskapi.UpdateTaskRequest) (taskapi.UpdateTaskRequest, error) {
	var check checker
	p = check.patch(p)
	return p, check.err()
}

// cleanBatch does the same for each operation, and checks that each has the
// fields of its kind and no others.
func cleanBatch(operations []taskapi.BatchOperation) ([]taskapi.BatchOperation, error) {
	var check checker
	clean := make([]taskapi.BatchOperation, len(operations))
	for i, op := range operations {
		check.prefix = "operations[" + strconv.Itoa(i) + "]."
		creates, updates := op.Op == taskapi.BatchCreate, op.Op == taskapi.BatchUpdate
		check.presence("id", op.ID != "", !creates)
		check.presence("version", op.Version != 0, !creates && op.Version != 0)
		check.presence("task", op.Task != nil, creates)
		check.presence("changes", op.Changes != nil, updates)
		if op.Task != nil {
			check.prefix += "task."
			op.Task = new(taskapi.CreateTaskRequest(check.content(taskapi.ReplaceTaskRequest(*op.Task))))
		} else if op.Changes != nil {
			check.prefix += "changes."
			op.Changes = new(check.patch(*op.Changes))
		}
		clean[i] = op
	}
	return clean, check.err()
}

// cleanList brings the filters of a list into the form in which texts and
// times are kept.
func cleanList(options taskapi.ListTasksOptions) (taskapi.ListTasksOptions, error) {
	var check checker
	for i, tag := range options.Tags {
		options.Tags[i] = strings.TrimSpace(norm.NFC.String(tag))
		check.noNUL("tag", tag)
	}
	check.noNUL("q", options.Query)
	options.DueBefore = check.time("dueBefore", options.DueBefore)
	options.DueAfter = check.time("dueAfter", options.DueAfter)
	return options, check.err()
}

// checker collects every field that breaks a rule.
type checker struct {
	// prefix stands before each field's name.
	prefix string
	faults []taskapi.FieldError
}

func (c *checker) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	return httpapi.Invalid(c.faults...)
}

func (c *checker) fault(field string, code taskapi.FieldErrorCode, message string) {
	c.faults = append(c.faults, taskapi.FieldError{Field: c.prefix + field, Code: code, Message: message})
}

func (c *checker) content(content taskapi.ReplaceTaskRequest) taskapi.ReplaceTaskRequest {
	content.Title = c.title(content.Title)
	content.Description = c.description(content.Description)
	content.DueAt = c.time("dueAt", content.DueAt)
	content.Tags = c.tags(content.Tags)
	return content
}

func (c *checker) patch(p taskapi.UpdateTaskRequest) taskapi.UpdateTaskRequest {
	if p.Title.Set {
		p.Title.Value = c.title(p.Title.Value)
	}
	if p.Description.Set {
		p.Description.Value = c.description(p.Description.Value)
	}
	if p.DueAt.Set {
		p.DueAt.Value = c.time("dueAt", p.DueAt.Value)
	}
	if p.Tags.Set {
		p.Tags.Value = c.tags(p.Tags.Value)
	}
	return p
}

// presence checks that a field is there where it is wanted, and only there.
func (c *checker) presence(field string, there, wanted bool) {
	switch {
	case wanted && !there:
		c.fault(field, taskapi.FieldRequired, "is required by this operation")
	case there && !wanted:
		c.fault(field, taskapi.FieldNotAllowed, "has no meaning in this operation")
	}
}

func (c *checker) title(s string) string {
	return c.text("title", strings.TrimSpace(norm.NFC.String(s)), 1, taskapi.MaxTitleLength)
}

func (c *checker) description(s string) string {
	return c.text("description", norm.NFC.String(s), 0, taskapi.MaxDescriptionLength)
}

func (c *checker) tags(tags []string) []string {
	clean := make([]string, len(tags))
	seen := make(map[string]bool, len(tags))
	for i, tag := range tags {
		field := "tags[" + strconv.Itoa(i) + "]"
		tag = c.text(field, strings.TrimSpace(norm.NFC.String(tag)), 1, taskapi.MaxTagLength)
		if seen[tag] {
			c.fault(field, taskapi.FieldDuplicate, "is there already")
		}
		seen[tag] = true
		clean[i] = tag
	}
	return clean
}

// text checks a length in code points.
func (c *checker) text(field, s string, least, most int) string {
	switch length := utf8.RuneCountInString(s); {
	case length < least:
		c.fault(field, taskapi.FieldTooShort, "must not be empty")
	case length > most:
		c.fault(field, taskapi.FieldTooLong, "must have at most "+strconv.Itoa(most)+" characters")
	}
	return s
}

// noNUL checks a text of the query; those of a body have been checked.
func (c *checker) noNUL(field, s string) {
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		c.fault(field, taskapi.FieldFormat, "must be UTF-8 without the character NUL")
	}
}

func (c *checker) time(field string, t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC().Truncate(time.Microsecond)
	if utc.Year() < minYear || utc.Year() > maxYear {
		c.fault(field, taskapi.FieldOutOfRange, "must lie in the years 1 to 9999")
	}
	return &utc
}
