//! What commands print, as far as their words tell: what goes through a pipe, into `$(…)`, into a file.

use super::super::expand::{Field, joined};
use super::super::tables::{is_filter, is_silent};
use super::{Io, Out, Reader, basename};

impl Reader {
    /// What is known of what a command writes to standard output.
    pub(super) fn prints(&mut self, fields: &[Field], io: &Io) -> Out {
        let Some((first, rest)) = fields.split_first() else { return Out::default() };
        let name = basename(&first.bytes);
        if let Some(defined) = self.defined.iter().rev().find(|d| d.name == first.bytes) {
            return defined.out.clone();
        }
        match name {
            b"echo" => return Out { text: super::text::echo(rest), ..Out::default() },
            b"printf" => return Out { text: super::text::printf(rest), ..Out::default() },
            b"sudo" if rest.first().is_some_and(|f| !f.bytes.starts_with(b"-")) => {
                return self.prints(rest, io);
            }
            b"cat" | b"tee" => return self.copied(name, rest, io),
            b"cp" | b"mv" | b"ln" | b"install" => {
                self.copy_file(rest, io);
                return Out::default();
            }
            b"base64" | b"openssl" => {
                if let Some(text) = io.input.as_ref().and_then(|i| super::text::base64(rest, &i.text)) {
                    return Out { text, ..Out::default() };
                }
            }
            _ if is_silent(name) => return Out::default(),
            _ => {}
        }
        let mut hints = joined(fields);
        hints.push(b'\n');
        let mut out = Out { hints, opaque: true, ..Out::default() };
        if let Some(input) = &io.input {
            if is_filter(name) {
                out.text = input.text.clone();
            }
            let hints = [input.text.as_slice(), b"\n", &input.hints, b"\n"].concat();
            self.over |= !out.append(Out { hints, ..Out::default() });
        }
        if is_filter(name) {
            for text in rest.iter().filter_map(|f| self.scope.read(&f.bytes)) {
                let fits = out.append(Out { text, ..Out::default() });
                self.over |= !fits;
            }
        }
        out
    }

    /// `cp FROM TO` of a file the line has written, or of standard input.
    fn copy_file(&mut self, rest: &[Field], io: &Io) {
        let operands: Vec<&Field> = rest.iter().filter(|f| !f.bytes.starts_with(b"-")).collect();
        let Some((to, from)) = operands.split_last() else { return };
        for source in from {
            let file = match source.bytes.as_slice() {
                b"/dev/stdin" => io.input.as_ref().map(|i| (i.text.clone(), i.shared)),
                path => self.scope.look(path).map(|file| (file.text, file.shared)),
            };
            if let Some((text, shared)) = file {
                self.scope.write(&to.bytes, text, false, shared);
            }
        }
    }

    /// `cat` and `tee`: standard input, or files the line has written.
    fn copied(&mut self, name: &[u8], rest: &[Field], io: &Io) -> Out {
        let operands: Vec<&Field> =
            rest.iter().filter(|f| !f.bytes.starts_with(b"-") || f.bytes == b"-").collect();
        let input = io.input.as_deref().cloned();
        let mut input = input.unwrap_or_else(Out::unknown);
        input.document = false;
        if name == b"tee" {
            let appends = rest.iter().any(|f| matches!(f.bytes.as_slice(), b"-a" | b"--append"));
            for file in operands {
                self.scope.write(&file.bytes, input.text.clone(), appends, input.shared);
            }
            return input;
        }
        if operands.is_empty() {
            return input;
        }
        let mut out = Out::default();
        for file in operands {
            self.over |= !out.append(match self.scope.read(&file.bytes) {
                _ if file.bytes == b"-" || file.bytes == b"/dev/stdin" => input.clone(),
                Some(text) => Out { text, ..Out::default() },
                None => Out::unknown(),
            });
        }
        out
    }
}
