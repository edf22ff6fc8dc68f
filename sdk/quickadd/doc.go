// Package quickadd reads a line of text as a task: when it is due, how it
// recurs, its tags, its priority and its list.
//
//	task := quickadd.Parse("Pay rent tomorrow 9am #home p1", quickadd.Options{Now: time.Now()})
//	// task.Title is "Pay rent"
//
// It understands dates and times in English and German ("friday at 5pm", "bis
// 31.7.", "every other week"), #tag, !high or p1 to p4, and +List for given lists.
// Nothing is lost: everything else stays in the title, as does quoted text.
//
// A date counts at the beginning or the end of a title, or anywhere if it is
// unambiguous ("on Friday", "heute"). Words that also mean something else ("sun",
// "may", "so") count only at the end, or with a time.
//
// A language is a file in languages. The TypeScript client has the same grammar, uses
// the same files, and is tested with the same cases.
package quickadd
