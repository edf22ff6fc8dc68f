package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// printJSON writes a value as JSON.
func (s *session) printJSON(value any) error {
	encoder := json.NewEncoder(s.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// printTasks writes a table. Titles may have any length, so they are in the last column.
func (s *session) printTasks(tasks []taskapi.Task) error {
	if s.json {
		return s.printJSON(tasks)
	}
	if len(tasks) == 0 {
		_, err := fmt.Fprintln(s.stderr, "No tasks.")
		return err
	}
	table := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tDUE\tPRIORITY\tTASK")
	outline(tasks, func(task taskapi.Task, depth int) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s%s\n", short(task.ID), s.due(task), priority(task), strings.Repeat("  ", depth), summary(task))
	})
	return table.Flush()
}

// outline calls each with the tasks in their order, with sub-tasks below their parents.
func outline(tasks []taskapi.Task, each func(task taskapi.Task, depth int)) {
	listed := make(map[string]bool, len(tasks))
	for _, task := range tasks {
		listed[task.ID] = true
	}
	below := map[string][]taskapi.Task{} // by parent; "" for top-level tasks
	for _, task := range tasks {
		parent := ""
		if task.ParentID != nil && listed[*task.ParentID] {
			parent = *task.ParentID
		}
		below[parent] = append(below[parent], task)
	}
	var descend func(parent string, depth int)
	descend = func(parent string, depth int) {
		for _, task := range below[parent] {
			each(task, depth)
			descend(task.ID, depth+1)
		}
	}
	descend("", 0)
}

// due returns the due date, and whether it has passed.
func (s *session) due(task taskapi.Task) string {
	if task.DueAt == nil {
		return ""
	}
	text := s.dateOf(*task.DueAt, task.DueOn)
	if task.Overdue(s.now()) {
		text += " (overdue)"
	}
	return text
}

// dateOf formats a due date.
func (s *session) dateOf(at time.Time, on *string) string {
	if on != nil {
		if day, err := time.Parse(time.DateOnly, *on); err == nil {
			return formatDay(day, s.now())
		}
	}
	return formatDate(at, s.now())
}

func priority(task taskapi.Task) string {
	if task.Priority == taskapi.None {
		return ""
	}
	return string(task.Priority)
}

// summary formats a task in one line.
func summary(task taskapi.Task) string {
	text := oneLine(task.Title)
	if task.Completed {
		text = "[x] " + text
	}
	for _, tag := range task.Tags {
		text += "  #" + oneLine(tag)
	}
	if how := recurs(task); how != "" {
		text += "  (" + how + ")"
	}
	return text
}

// oneLine removes characters that would move a terminal's cursor.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// printChanged writes tasks that a command has changed.
func (s *session) printChanged(what string, tasks ...taskapi.Task) error {
	if s.json {
		return s.printJSON(tasks)
	}
	for _, task := range tasks {
		line := fmt.Sprintf("%s %s  %s", what, short(task.ID), summary(task))
		if due := s.due(task); due != "" {
			line += "  due " + due
		}
		if _, err := fmt.Fprintln(s.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

// printWhole writes everything about tasks, and the next dates of those that recur.
func (s *session) printWhole(ctx context.Context, tasks []taskapi.Task) error {
	if s.json {
		return s.printJSON(tasks)
	}
	for i, task := range tasks {
		if i > 0 {
			fmt.Fprintln(s.stdout)
		}
		fmt.Fprintln(s.stdout, summary(task))
		for line := range strings.Lines(task.Description) {
			fmt.Fprintln(s.stdout, "  "+oneLine(strings.TrimRight(line, "\r\n")))
		}
		table := tabwriter.NewWriter(s.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintf(table, "id\t%s\npriority\t%s\n", task.ID, task.Priority)
		if task.DueAt != nil {
			fmt.Fprintf(table, "due\t%s\n", s.due(task))
		}
		if task.Recurrence != nil && !task.Completed {
			dates, err := s.nextDates(ctx, task)
			if err != nil {
				return err
			}
			fmt.Fprintf(table, "then\t%s\n", dates)
		}
		fmt.Fprintf(table, "created\t%s\n", formatDate(task.CreatedAt, s.now()))
		fmt.Fprintf(table, "changed\t%s\n", formatDate(task.UpdatedAt, s.now()))
		if task.CompletedAt != nil {
			fmt.Fprintf(table, "done\t%s\n", formatDate(*task.CompletedAt, s.now()))
		}
		if task.DeletedAt != nil {
			fmt.Fprintf(table, "deleted\t%s\n", formatDate(*task.DeletedAt, s.now()))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// printChange writes a change in one line: with -json any change, otherwise only that of a
// task.
func (s *session) printChange(change taskapi.Change) error {
	if s.json {
		return json.NewEncoder(s.stdout).Encode(change)
	}
	if change.Kind != taskapi.KindTask {
		return nil
	}
	task, err := change.Task()
	what := "changed"
	switch {
	case errors.Is(err, taskapi.ErrErased):
		what = "erased"
	case err != nil:
		return err
	case task.DeletedAt != nil:
		what = "deleted"
	case task.Version == 1:
		what = "added"
	case task.Completed:
		what = "done"
	}
	line := fmt.Sprintf("%s  %-8s %s", s.now().Format("15:04:05"), what, short(change.ID))
	if err == nil {
		line += "  " + summary(task)
	}
	_, err = fmt.Fprintln(s.stdout, line)
	return err
}
