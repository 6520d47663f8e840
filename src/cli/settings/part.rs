//! The part of the list that this process imports, from `--part` or from the environment of an
//! array job.

use std::num::NonZeroU32;

use crate::cli::args::{PartArg, PartArgs};
use crate::hints::Hint;
use crate::part::Part;

/// The part of this process cannot be determined.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PartError {
    #[error("--part env: none of {INDEXES} is set")]
    NotSet,
    #[error("--part env: both {0} and {1} are set")]
    Ambiguous(&'static str, &'static str),
    #[error("--part env: {name} is `{value}`, not a whole number")]
    NotANumber { name: &'static str, value: String },
    #[error("--part env: {index} is set, but the number of parts is unknown")]
    PartsUnknown { index: &'static str },
    #[error("--part env: {name} is {value}, but there are {parts} parts")]
    OutOfRange {
        name: &'static str,
        value: u64,
        parts: NonZeroU32,
    },
    #[error("--parts {given}: differs from {name}, which is {found}")]
    CountMismatch {
        given: NonZeroU32,
        name: &'static str,
        found: u64,
    },
    #[error("--parts {0} contradicts --part {1}")]
    PartMismatch(NonZeroU32, Part),
}

impl Hint for PartError {
    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NotSet => "pass --part I/N, or start the process in an array job",
                Self::Ambiguous(..) => "unset one of them, or pass --part I/N",
                Self::NotANumber { .. } => "correct it, or pass --part I/N",
                Self::PartsUnknown { .. } => "add --parts N",
                Self::OutOfRange { .. } => {
                    "number the tasks of the array without gaps, or correct --parts"
                }
                Self::CountMismatch { .. } | Self::PartMismatch(..) => {
                    "leave --parts out, or correct it"
                }
            }
            .to_owned(),
        )
    }
}

/// The variables that an engine sets for each task of an array job.
struct Engine {
    index: &'static str,
    /// The number of tasks.
    parts: Option<&'static str>,
    /// The number of the first task, and the step from one task to the next. Without them, tasks
    /// are numbered from 0.
    numbering: Option<(&'static str, &'static str)>,
}

const ENGINES: [Engine; 3] = [
    Engine {
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        parts: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
        numbering: None,
    },
    // Kubernetes Indexed Job.
    Engine {
        index: "JOB_COMPLETION_INDEX",
        parts: None,
        numbering: None,
    },
    Engine {
        index: "SLURM_ARRAY_TASK_ID",
        parts: Some("SLURM_ARRAY_TASK_COUNT"),
        numbering: Some(("SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP")),
    },
];

const INDEXES: &str = "AWS_BATCH_JOB_ARRAY_INDEX, JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID";

/// Returns the part of this process. `None` if it imports the whole list.
pub(super) fn part(
    args: &PartArgs,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Option<Part>, PartError> {
    match args.part {
        None => Ok(None),
        Some(PartArg::Part(part)) => match args.parts {
            Some(given) if given != part.parts() => Err(PartError::PartMismatch(given, part)),
            Some(_) | None => Ok(Some(part)),
        },
        Some(PartArg::Environment) => Environment(&environment).part(args.parts).map(Some),
    }
}

struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    /// `given` is the value of `--parts`.
    fn part(&self, given: Option<NonZeroU32>) -> Result<Part, PartError> {
        let engine = self.engine()?;
        let name = engine.index;
        let value = self.number(name)?.ok_or(PartError::NotSet)?;
        let parts = self.parts(engine, given)?;
        let (first, step) = match engine.numbering {
            Some((first, step)) => (
                self.number(first)?.unwrap_or(0),
                self.number(step)?.unwrap_or(1),
            ),
            None => (0, 1),
        };
        let index = value
            .checked_sub(first)
            .filter(|distance| distance.checked_rem(step) == Some(0))
            .and_then(|distance| u32::try_from(distance / step).ok());
        index
            .and_then(|index| Part::new(index, parts))
            .ok_or(PartError::OutOfRange { name, value, parts })
    }

    /// Returns the engine that runs this process.
    fn engine(&self) -> Result<&'static Engine, PartError> {
        let is_set = |engine: &&Engine| (self.0)(engine.index).is_some();
        let mut engines = ENGINES.iter().filter(is_set);
        let engine = engines.next().ok_or(PartError::NotSet)?;
        match engines.next() {
            Some(other) => Err(PartError::Ambiguous(engine.index, other.index)),
            None => Ok(engine),
        }
    }

    fn parts(&self, engine: &Engine, given: Option<NonZeroU32>) -> Result<NonZeroU32, PartError> {
        let found = match engine.parts {
            Some(name) => self.number(name)?.map(|found| (name, found)),
            None => None,
        };
        let parts = match (given, found) {
            (Some(given), Some((name, found))) if u64::from(given.get()) != found => {
                return Err(PartError::CountMismatch { given, name, found });
            }
            (Some(given), _) => Some(given),
            (None, Some((_, found))) => u32::try_from(found).ok().and_then(NonZeroU32::new),
            (None, None) => None,
        };
        parts.ok_or(PartError::PartsUnknown {
            index: engine.index,
        })
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, PartError> {
        let Some(value) = (self.0)(name) else {
            return Ok(None);
        };
        match value.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(PartError::NotANumber { name, value }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::{PartError, part};
    use crate::cli::args::{PartArg, PartArgs};
    use crate::part::Part;

    fn of(parts: Option<u32>, environment: &[(&str, &str)]) -> Result<Option<String>, PartError> {
        let args = PartArgs {
            part: Some(PartArg::Environment),
            parts: parts.and_then(NonZeroU32::new),
        };
        let lookup = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        part(&args, lookup).map(|part| part.map(|part| part.to_string()))
    }

    #[test]
    fn array_jobs_name_the_part() {
        let batch = [
            ("AWS_BATCH_JOB_ARRAY_INDEX", "3"),
            ("AWS_BATCH_JOB_ARRAY_SIZE", "8"),
        ];
        let slurm = |id, first, step| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_COUNT", "4"),
                ("SLURM_ARRAY_TASK_MIN", first),
                ("SLURM_ARRAY_TASK_STEP", step),
            ]
        };
        for (parts, environment, expected) in [
            (None, &batch[..], "3/8"),
            (Some(8), &batch[..], "3/8"),
            (Some(5), &[("JOB_COMPLETION_INDEX", "0")][..], "0/5"),
            (None, &slurm("2", "0", "1")[..], "2/4"),
            (None, &slurm("4", "1", "1")[..], "3/4"),
            (None, &slurm("7", "1", "2")[..], "3/4"),
            (None, &slurm("3", "0", "1")[..2], "3/4"),
        ] {
            let found = of(parts, environment);
            assert_eq!(found.as_ref().unwrap().as_deref(), Some(expected));
        }
    }

    #[test]
    fn an_environment_without_a_clear_part_is_refused() {
        let index = ("AWS_BATCH_JOB_ARRAY_INDEX", "8");
        let size = ("AWS_BATCH_JOB_ARRAY_SIZE", "8");
        let eight = NonZeroU32::new(8).unwrap();
        assert_eq!(of(None, &[]), Err(PartError::NotSet));
        let outside = PartError::OutOfRange {
            name: index.0,
            value: 8,
            parts: eight,
        };
        assert_eq!(of(None, &[index, size]), Err(outside));
        let other = PartError::CountMismatch {
            given: NonZeroU32::MIN,
            name: size.0,
            found: 8,
        };
        assert_eq!(of(Some(1), &[index, size]), Err(other));
        let kubernetes = ("JOB_COMPLETION_INDEX", "0");
        let unknown = PartError::PartsUnknown {
            index: kubernetes.0,
        };
        assert_eq!(of(None, &[kubernetes]), Err(unknown));
        let both = of(Some(9), &[index, kubernetes]);
        assert_eq!(both, Err(PartError::Ambiguous(index.0, kubernetes.0)));
        let word = of(Some(9), &[("JOB_COMPLETION_INDEX", "-1")]);
        assert!(matches!(word, Err(PartError::NotANumber { .. })));
        for zero in [
            ("SLURM_ARRAY_TASK_STEP", "0"),
            ("SLURM_ARRAY_TASK_MIN", "2"),
        ] {
            let environment = [("SLURM_ARRAY_TASK_ID", "1"), zero];
            let refused = of(Some(9), &environment);
            assert!(
                matches!(refused, Err(PartError::OutOfRange { .. })),
                "{zero:?}"
            );
        }
    }

    #[test]
    fn a_given_part_ignores_the_environment() {
        let args = |parts| PartArgs {
            part: Part::parse("1/4").map(PartArg::Part),
            parts,
        };
        let environment = |_: &str| Some("7".to_owned());
        let found = part(&args(None), environment).unwrap();
        assert_eq!(found, Part::parse("1/4"));
        assert!(part(&args(Some(NonZeroU32::MIN)), environment).is_err());
        let whole = PartArgs {
            part: None,
            parts: None,
        };
        assert_eq!(part(&whole, environment), Ok(None));
    }
}
