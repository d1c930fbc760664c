//! Who finds a hole finds in the program itself whom to tell.

const BEGIN: &[u8] = b"=======BEGIN SECURITY.TXT V1=======\0";
const END: &[u8] = b"=======END SECURITY.TXT V1=======\0";

#[test]
fn the_program_says_whom_to_tell() {
    let elf = ballast_testkit::ELF;
    let at = |part: &[u8]| elf.windows(part.len()).position(|window| window == part).expect("a security.txt");
    let text = &elf[at(BEGIN) + BEGIN.len()..at(END)];
    let fields: Vec<&str> = std::str::from_utf8(text).expect("text").trim_end_matches('\0').split('\0').collect();
    assert_eq!(fields.len() % 2, 0, "names and values in turn");
    let names: Vec<&str> = fields.iter().step_by(2).copied().collect();
    assert_eq!(names, ["name", "project_url", "contacts", "policy", "auditors"]);
    assert!(fields.iter().all(|field| !field.is_empty()));
}
