package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/sdk"
	"github.com/tasklane/tasklane/sdk/quickadd"
	"github.com/tasklane/tasklane/sdk/taskapi"
)

// texts adds a flag that may be repeated, and returns its values.
func (s *session) texts(name, usage string) *[]string {
	all := new([]string)
	s.flags.Func(name, usage+"; may be repeated", func(text string) error {
		*all = append(*all, text)
		return nil
	})
	return all
}

const dateHelp = `"today", "friday 5pm", "in 3 days", "30 nov" or "2026-11-30 17:00"`

func (s *session) list(ctx context.Context, args []string) error {
	done := s.flags.Bool("done", false, "list completed tasks")
	all := s.flags.Bool("all", false, "list open and completed tasks")
	trash := s.flags.Bool("trash", false, "list the tasks in the trash")
	tags := s.texts("tag", "only with this `tag`")
	priority := s.flags.String("priority", "", "only of this `priority`: none, low, medium, high, urgent")
	before := s.flags.String("before", "", "only due before this `date`")
	order := s.flags.String("sort", string(taskapi.DueSoonest),
		"`order`: dueAt, priority, title, position (the manual one), createdAt, updatedAt; a minus sign reverses it")
	list := s.flags.String("list", "", "only in the list of this `name`, or in the inbox")
	limit := s.flags.Int("n", 0, "at most this `number` of tasks; 0 means all")
	words, err := s.startInZone(ctx, args)
	if err != nil {
		return err
	}
	options := taskapi.ListTasksOptions{
		Tags: *tags, Deleted: *trash, Query: strings.Join(words, " "), Sort: taskapi.Sort(*order), Limit: taskapi.MaxListLimit,
	}
	if !*all && !*trash {
		options.Completed = done
	}
	if *priority != "" {
		options.Priorities = []taskapi.Priority{taskapi.Priority(*priority)}
	}
	end, err := s.deadline(*before)
	if err != nil {
		return err
	}
	if options.DueBefore, err = end.instant(s.now().Location()); err != nil {
		return err
	}
	if *limit > 0 {
		options.Limit = min(*limit, taskapi.MaxListLimit)
	}
	if options.ListID, err = s.listNamed(ctx, *list); err != nil {
		return err
	}
	tasks := []taskapi.Task{}
	for task, err := range s.client.Tasks(ctx, options) {
		if err != nil {
			return err
		}
		tasks = append(tasks, task)
		if len(tasks) == *limit {
			break
		}
	}
	return s.printTasks(tasks)
}

func (s *session) add(ctx context.Context, args []string) error {
	description := s.flags.String("description", "", "the `description`")
	priority := s.flags.String("priority", "", "the `priority`: none, low, medium, high, urgent")
	due := s.flags.String("due", "", "the due `date`: "+dateHelp)
	tags := s.texts("tag", "a `tag`")
	rule := s.flags.String("recurrence", "", "the `recurrence`: "+recurrenceHelp)
	from := s.flags.String("recurrence-from", "", "count the next due date from this `date`: due or completion")
	list := s.flags.String("list", "", "the `name` of a list; without one, the task is in the inbox")
	under := s.flags.String("under", "", "the `id` of its parent task")
	words, err := s.startInZone(ctx, args)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usageError("which title? \"tasklane add TITLE\" adds a task")
	}
	task := taskapi.CreateTaskRequest{
		Title: strings.Join(words, " "), Description: *description, Priority: taskapi.Priority(*priority), Tags: *tags,
	}
	newDue, err := s.deadline(*due)
	if err != nil {
		return err
	}
	if task.Recurrence, err = s.recurrence(*rule, &newDue); err != nil {
		return err
	}
	task.DueAt, task.DueOn, task.RecurrenceFrom = newDue.at, newDue.on, taskapi.RecurrenceFrom(*from)
	// With these flags, the words are the title.
	if *due == "" && *priority == "" && *tags == nil && *rule == "" {
		if err := s.readWords(ctx, &task, list); err != nil {
			return err
		}
	}
	switch id, err := s.listNamed(ctx, *list); {
	case err != nil:
		return err
	case id != "" && id != taskapi.Inbox:
		task.ListID = &id
	}
	if *under != "" {
		parents, err := s.find(ctx, []string{*under}, outsideTrash)
		if err != nil {
			return err
		}
		task.ParentID = &parents[0].ID
	}
	added, err := s.client.CreateTask(ctx, task)
	if err != nil {
		return err
	}
	return s.printChanged("added", added)
}

// readWords moves the due date, the recurrence, the priority and the tags from the title
// to their fields, and the name of the list unless a flag sets it.
func (s *session) readWords(ctx context.Context, task *taskapi.CreateTaskRequest, list *string) error {
	options := s.quickAdd()
	options.Recurring = true
	if *list == "" && strings.Contains(task.Title, "+") {
		all, err := s.allLists(ctx)
		if err != nil {
			return err
		}
		for _, l := range all {
			options.Lists = append(options.Lists, l.Name)
		}
	}
	read := quickadd.Parse(task.Title, options)
	task.Title, task.Priority, task.Tags = read.Title, read.Priority, read.Tags
	if read.List != "" {
		*list = read.List
	}
	if read.Date == "" {
		return nil
	}
	if read.Rule != "" {
		task.Recurrence = &read.Rule
	}
	due, err := deadlineOf(read, s.now().Location())
	task.DueAt, task.DueOn = due.at, due.on
	return err
}

func (s *session) show(ctx context.Context, args []string) error {
	words, err := s.startInZone(ctx, args)
	if err != nil {
		return err
	}
	tasks, err := s.find(ctx, words, anywhere)
	if err != nil {
		return err
	}
	return s.printWhole(ctx, tasks)
}

func (s *session) edit(ctx context.Context, args []string) error {
	title := s.flags.String("title", "", "the new `title`")
	description := s.flags.String("description", "", "the new `description`")
	priority := s.flags.String("priority", "", "the `priority`: none, low, medium, high, urgent")
	due := s.flags.String("due", "", "the due `date`: "+dateHelp+`; "none" removes it`)
	rule := s.flags.String("recurrence", "", "the `recurrence`: "+recurrenceHelp+`; "none" removes it`)
	from := s.flags.String("recurrence-from", "", "count the next due date from this `date`: due or completion")
	tags := s.texts("tag", "a `tag` to add")
	untags := s.texts("untag", "a `tag` to remove")
	words, err := s.startInZone(ctx, args)
	if err != nil {
		return err
	}
	usedFlags := s.usedFlags()
	if len(usedFlags) == 0 {
		return usageError("what should change? \"tasklane edit -h\" shows the flags")
	}
	newDue, err := s.deadline(*due)
	if err != nil {
		return err
	}
	firstDue := newDue // for a task without a due date, the first date of the recurrence
	recurrence, err := s.recurrence(*rule, &firstDue)
	if err != nil {
		return err
	}
	tasks, err := s.find(ctx, words, outsideTrash)
	if err != nil {
		return err
	}
	if len(tasks) != 1 {
		return usageError("edit changes one task at a time")
	}
	task, err := s.client.EditTask(ctx, tasks[0].ID, func(task *taskapi.Task) error {
		if usedFlags["title"] {
			task.Title = *title
		}
		if usedFlags["description"] {
			task.Description = *description
		}
		if usedFlags["priority"] {
			task.Priority = taskapi.Priority(*priority)
		}
		switch {
		case !usedFlags["due"]:
		case newDue.on != nil:
			task.DueOn = newDue.on
		default:
			task.DueAt = newDue.at
		}
		if usedFlags["recurrence"] {
			task.Recurrence = recurrence
			if task.DueAt == nil && !usedFlags["due"] {
				task.DueAt, task.DueOn = firstDue.at, firstDue.on
			}
		}
		if usedFlags["recurrence-from"] {
			task.RecurrenceFrom = taskapi.RecurrenceFrom(*from)
		}
		task.Tags = slices.DeleteFunc(task.Tags, func(tag string) bool { return slices.Contains(*untags, tag) })
		for _, tag := range *tags {
			if !slices.Contains(task.Tags, tag) {
				task.Tags = append(task.Tags, tag)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.printChanged("changed", task)
}

// usedFlags returns the names of the flags on the command line, except -json.
func (s *session) usedFlags() map[string]bool {
	usedFlags := make(map[string]bool)
	s.flags.Visit(func(f *flag.Flag) { usedFlags[f.Name] = true })
	delete(usedFlags, "json")
	return usedFlags
}

func (s *session) done(ctx context.Context, args []string) error {
	return s.batch(ctx, args, outsideTrash, "done", taskapi.TaskOperations.Update("", 0, taskapi.UpdateTaskRequest{Completed: taskapi.Some(true)}))
}

func (s *session) reopen(ctx context.Context, args []string) error {
	return s.batch(ctx, args, outsideTrash, "reopened", taskapi.TaskOperations.Update("", 0, taskapi.UpdateTaskRequest{Completed: taskapi.Some(false)}))
}

func (s *session) move(ctx context.Context, args []string) error {
	first := s.flags.Bool("first", false, "before all others")
	last := s.flags.Bool("last", false, "after all others")
	after := s.flags.String("after", "", "after the task with this `id`")
	before := s.flags.String("before", "", "before the task with this `id`")
	words, err := s.startInZone(ctx, args)
	if err != nil {
		return err
	}
	usedFlags := s.usedFlags()
	if len(words) != 1 || len(usedFlags) != 1 {
		return usageError("move takes a task, and one of -first, -last, -after and -before")
	}
	if other := cmp.Or(*after, *before); other != "" {
		words = append(words, other)
	}
	tasks, err := s.find(ctx, words, outsideTrash)
	if err != nil {
		return err
	}
	var to taskapi.MoveTaskRequest
	switch {
	case *first:
		to.After = taskapi.Null[string]()
	case *last:
		to.Before = taskapi.Null[string]()
	case *after != "":
		to.After = taskapi.Some(&tasks[1].ID)
	default:
		to.Before = taskapi.Some(&tasks[len(tasks)-1].ID)
	}
	moved, err := s.client.MoveTask(ctx, tasks[0].ID, to)
	if err != nil {
		return err
	}
	return s.printChanged("moved", moved)
}

func (s *session) delete(ctx context.Context, args []string) error {
	return s.batch(ctx, args, outsideTrash, "deleted", taskapi.TaskOperations.Delete("", 0))
}

func (s *session) restore(ctx context.Context, args []string) error {
	return s.batch(ctx, args, inTrash, "restored", taskapi.TaskOperations.Restore("", 0))
}

// batch applies an operation to several tasks, all or none.
func (s *session) batch(ctx context.Context, args []string, where place, what string, operation taskapi.BatchOperation) error {
	words, err := s.startInZone(ctx, args)
	if err != nil {
		return err
	}
	tasks, err := s.find(ctx, words, where)
	if err != nil {
		return err
	}
	var operations []taskapi.BatchOperation
	for _, task := range tasks {
		operation.ID = task.ID
		operations = append(operations, operation)
	}
	resources, err := s.client.Batch(ctx, operations)
	if err != nil {
		return err
	}
	for i, resource := range resources {
		if tasks[i], err = resource.Task(); err != nil {
			return err
		}
	}
	if err := s.printChanged(what, tasks...); err != nil || s.json || operation.Op != taskapi.BatchUpdate {
		return err
	}
	return s.printNext(ctx, tasks)
}

// printNext writes the next tasks of completed recurring ones.
func (s *session) printNext(ctx context.Context, tasks []taskapi.Task) error {
	for _, task := range tasks {
		if !task.Completed || task.NextID == nil {
			continue
		}
		next, err := s.client.GetTask(ctx, *task.NextID)
		switch {
		case errors.Is(err, sdk.ErrTaskNotFound):
			continue // erased meanwhile
		case err != nil:
			return err
		}
		if err := s.printChanged("next", next); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) watch(ctx context.Context, args []string) error {
	if words, err := s.startInZone(ctx, args); err != nil {
		return err
	} else if len(words) > 0 {
		return usageError("watch shows every change, and takes no arguments")
	}
	err := s.watchFromNow(ctx)
	for errors.Is(err, sdk.ErrCursorExpired) {
		err = s.watchFromNow(ctx)
	}
	if ctx.Err() != nil {
		return nil // ended by Ctrl-C
	}
	return err
}

// watchFromNow prints changes from now on.
func (s *session) watchFromNow(ctx context.Context) error {
	page, err := s.client.ListTasks(ctx, taskapi.ListTasksOptions{Limit: 1})
	if err != nil {
		return err
	}
	for change, err := range s.client.Watch(ctx, page.Meta.Changes, sdk.OnConnect(s.reportConnections())) {
		if err != nil {
			return err
		}
		if err := s.printChange(change); err != nil {
			return err
		}
	}
	return nil
}

// reportConnections returns a function that prints when the connection is lost and restored.
func (s *session) reportConnections() func(error) error {
	whenConnected, disconnected := "Watching. Press Ctrl-C to stop.", false
	return func(err error) error {
		switch {
		case err == nil && whenConnected != "":
			fmt.Fprintln(s.stderr, whenConnected)
			whenConnected, disconnected = "", false
		case err != nil && !disconnected:
			fmt.Fprintln(s.stderr, outage)
			whenConnected, disconnected = cmp.Or(whenConnected, "tasklane: connected again"), true
		}
		return nil
	}
}
