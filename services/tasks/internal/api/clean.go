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
	c.Title = check.title(c.Title)
	c.Description = check.description(c.Description)
	c.DueAt = check.dueAt(c.DueAt)
	c.Tags = check.tags(c.Tags)
	return c, check.err()
}

// cleanPatch does the same for the fields that are present.
func cleanPatch(p taskapi.UpdateTaskRequest) (taskapi.UpdateTaskRequest, error) {
	var check checker
	if p.Title.Set {
		p.Title.Value = check.title(p.Title.Value)
	}
	if p.Description.Set {
		p.Description.Value = check.description(p.Description.Value)
	}
	if p.DueAt.Set {
		p.DueAt.Value = check.dueAt(p.DueAt.Value)
	}
	if p.Tags.Set {
		p.Tags.Value = check.tags(p.Tags.Value)
	}
	return p, check.err()
}

// checker collects every field that breaks a rule.
type checker struct {
	faults []taskapi.FieldError
}

func (c *checker) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	return httpapi.Invalid(c.faults...)
}

func (c *checker) fault(field string, code taskapi.FieldErrorCode, message string) {
	c.faults = append(c.faults, taskapi.FieldError{Field: field, Code: code, Message: message})
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

func (c *checker) dueAt(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	due := t.UTC().Truncate(time.Microsecond)
	if due.Year() < minYear || due.Year() > maxYear {
		c.fault("dueAt", taskapi.FieldOutOfRange, "must lie in the years 1 to 9999")
	}
	return &due
}
