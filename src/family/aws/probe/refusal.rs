//! Why a call of the CLI gave no answer, read out of what it said on standard error.

use crate::engine::fact::Why;

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The service's own code: `AccessDenied`, `ValidationError`, `404`.
    pub code: Option<String>,
    /// The CLI's own words in one line.
    pub line: String,
    /// The reason as facts keep it.
    pub why: Why,
}

/// Codes that say "you may not", whatever the service calls it.
const FORBIDDEN: &[&str] = &[
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedForDependencyException",
    "AllAccessDisabled",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Client.UnauthorizedOperation",
    "Forbidden",
    "ForbiddenException",
    "KMSAccessDeniedException",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedAccess",
    "UnauthorizedException",
    "UnauthorizedOperation",
];

/// Codes that say "there is no such thing" without saying `NotFound` or `NoSuch`.
const ABSENT: &[&str] = &[
    "404",
    "AWS.SimpleQueueService.NonExistentQueue",
    "ChangeSetNotFound",
    "NonExistentQueue",
    "QueueDoesNotExist",
    "ResourceNotFoundFault",
];

/// The beginnings of the CLI's words for "no connection".
const UNREACHABLE: &[&str] = &[
    "Could not connect to the endpoint URL",
    "Connect timeout on endpoint URL",
    "Connection was closed before",
    "Failed to connect to proxy URL",
    "Read timeout on endpoint URL",
    "SSL validation failed",
];

/// Usage errors: this CLI is too old for the question.
const UNSUPPORTED: &[&str] =
    &["argument operation: Invalid choice", "argument command: Invalid choice", "Unknown options:"];

impl Refusal {
    pub(super) fn of(why: Why) -> Refusal {
        Refusal { code: None, line: why.to_string(), why }
    }

    /// Whether the service says that the thing asked for does not exist.
    pub fn is_absence(&self) -> bool {
        let Some(code) = self.code.as_deref() else { return false };
        let named = code.contains("NotFound") || code.contains("NoSuch") || code.contains("DoesNotExist");
        // CloudFormation and Auto Scaling have one code for everything that is wrong with a request.
        let worded = matches!(code, "ValidationError" | "ValidationException" | "InvalidParameterValue")
            && (self.line.contains("does not exist") || self.line.contains("not found"));
        // A proxy or the credentials provider may say "not found" of something else.
        (named || worded || ABSENT.contains(&code)) && !self.line.contains("(404) from")
    }
}

/// Reads what the CLI said on standard error.
///
/// v1: `An error occurred (Code) when calling the Op operation: text`; v2 puts `aws: [ERROR]: ` before it and may add
/// lines. Both have free text where no service was involved.
pub(super) fn refusal(err: &[u8]) -> Refusal {
    let said = String::from_utf8_lossy(err);
    let lines = || said.lines().map(str::trim).filter(|l| !l.is_empty());
    let marked = |mark: &'static str| lines().find(move |l| l.contains(mark));
    let line = marked("An error occurred (")
        .or_else(|| marked("aws: [ERROR]:"))
        .or_else(|| marked("aws: error:"))
        .or_else(|| lines().next_back())
        .unwrap_or("it failed without a word");
    let line =
        line.strip_prefix("aws: [ERROR]: ").or_else(|| line.strip_prefix("aws: error: ")).unwrap_or(line);
    let code = line
        .split_once("An error occurred (")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(code, _)| code.to_owned());
    let why = match &code {
        Some(code) if FORBIDDEN.contains(&code.as_str()) => Why::Forbidden,
        _ if UNREACHABLE.iter().any(|u| line.contains(u)) => Why::Unreachable(line.to_owned()),
        None if UNSUPPORTED.iter().any(|u| line.contains(u)) => Why::Unsupported,
        _ => Why::Failed(line.to_owned()),
    };
    Refusal { code, line: line.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_code_decides() {
        let read = |text: &str| refusal(text.as_bytes());
        let denied = read(
            "\nAn error occurred (AccessDenied) when calling the ListAccountAliases operation: User x is not authorized\n",
        );
        assert_eq!((denied.why.clone(), denied.is_absence()), (Why::Forbidden, false));
        assert_eq!(
            denied.line,
            "An error occurred (AccessDenied) when calling the ListAccountAliases operation: User x is not authorized"
        );
        let v2 = read(
            "\naws: [ERROR]: An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: c2.\n\nAdditional error details:\nclusterName: c2\n",
        );
        assert!(v2.is_absence() && v2.line.starts_with("An error occurred (ResourceNotFoundException)"));
        let gone = read(
            "\nAn error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id x does not exist\n",
        );
        assert!(gone.is_absence());
        let other = read(
            "\nAn error occurred (ValidationError) when calling the DescribeStacks operation: 1 validation error detected\n",
        );
        assert!(!other.is_absence());
        let throttled = read(
            "\nAn error occurred (Throttling) when calling the DescribeStacks operation (reached max retries: 1): Rate exceeded\n",
        );
        assert!(matches!(&throttled.why, Why::Failed(t) if t.contains("Throttling")));
    }

    #[test]
    fn words_without_a_code_are_told_apart() {
        let why = |text: &str| refusal(text.as_bytes()).why;
        assert!(matches!(
            why("\nCould not connect to the endpoint URL: \"http://127.0.0.1:9/\"\n"),
            Why::Unreachable(_)
        ));
        assert_eq!(
            why(
                "usage: aws [options] <command>\n\naws: error: argument operation: Invalid choice, valid choices are:\n\na | b\n"
            ),
            Why::Unsupported
        );
        assert_eq!(
            why(
                "\nUnable to locate credentials. You can configure credentials by running \"aws configure\".\n"
            ),
            Why::Failed(
                "Unable to locate credentials. You can configure credentials by running \"aws configure\"."
                    .into()
            )
        );
        assert_eq!(
            why("aws: [ERROR]: The config profile (x) could not be found\n"),
            Why::Failed("The config profile (x) could not be found".into())
        );
        assert_eq!(why(""), Why::Failed("it failed without a word".into()));
    }
}
