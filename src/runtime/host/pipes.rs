//! Pipelines for cells: what is asked, with the parts of the model that it takes.

use std::cell::RefCell;

use crate::lang::host::{Ask, HostResult, Item, Sampling};
use crate::tensor::rng::Rng;

use super::super::pipelines::{
    self, fill_mask, image_processing::Preprocessor, image_segmentation, object_detection,
    question_answering, text_classification, text2text, token_classification, voice_activity,
};
use super::{OpenModel, machine, refused};

/// Does what is asked.
pub(super) fn pipe(open: &OpenModel, ask: &Ask) -> HostResult<Item> {
    let labels = || pipelines::labels(&open.local).map_err(|error| machine(&error));
    let preprocessor = || Preprocessor::of(&open.local).map_err(|error| machine(&error));
    let mut model = open.model.borrow_mut();
    let model = &mut *model;
    let answered = match ask {
        Ask::FillMask { text, top_k, targets } => {
            let tokenizer = &open.open_tokenizer()?.tokenizer;
            fill_mask::fill_mask(model, tokenizer, text, *top_k, targets.as_deref())
        }
        Ask::ClassifyText { text, pair, apply, top_k } => {
            let texts = (text.as_str(), pair.as_deref());
            let tokenizer = &open.open_tokenizer()?.tokenizer;
            text_classification::text_classification(model, tokenizer, &labels()?, texts, *apply, *top_k)
                .map(Item::List)
        }
        Ask::ClassifyTokens { text, aggregation } => {
            let tokenizer = &open.open_tokenizer()?.tokenizer;
            token_classification::token_classification(model, tokenizer, &labels()?, text, *aggregation)
        }
        Ask::Answer { question, context, top_k, max_answer_len } => {
            let tokenizer = &open.open_tokenizer()?.tokenizer;
            question_answering::question_answering(
                model,
                tokenizer,
                question,
                context,
                *top_k,
                *max_answer_len,
            )
        }
        Ask::ZeroShot { text, labels: candidates, template, multi_label } => {
            let tokenizer = &open.open_tokenizer()?.tokenizer;
            text_classification::zero_shot(
                model,
                tokenizer,
                &labels()?,
                text,
                candidates,
                template,
                *multi_label,
            )
        }
        Ask::Rewrite { text, how, key } => {
            let tokenizer = &open.open_tokenizer()?.tokenizer;
            let decoder = match open.decoder.get() {
                Some(decoder) => decoder,
                None => {
                    let decoder = model.decoder().map_err(|error| machine(&error))?;
                    open.decoder.get_or_init(|| RefCell::new(decoder))
                }
            };
            let mut draws = Rng::new(how.seed);
            let decoder = &mut *decoder.borrow_mut();
            text2text::text2text(model, decoder, tokenizer, text, &sampling(how), &mut || draws.unit()).map(
                |all| {
                    Item::List(
                        all.into_iter().map(|one| Item::Dict(vec![(*key, Item::Text(one.text))])).collect(),
                    )
                },
            )
        }
        Ask::Detect { image, threshold } => {
            object_detection::object_detection(model, image, &labels()?, &preprocessor()?, *threshold)
        }
        Ask::Segment { image } => {
            image_segmentation::image_segmentation(model, image, &labels()?, &preprocessor()?)
        }
        Ask::Hear { audio, threshold } => voice_activity::voice_activity(model, audio, *threshold),
    };
    answered.map_err(|error| refused(&error))
}

/// The settings of `how` for the loop that writes.
pub(super) fn sampling(how: &Sampling) -> pipelines::Sampling {
    pipelines::Sampling {
        max_new_tokens: how.max_new_tokens,
        do_sample: how.do_sample,
        temperature: how.temperature,
        top_k: how.top_k,
        top_p: how.top_p,
        repetition_penalty: how.repetition_penalty,
        stop: how.stop.clone(),
        num_return_sequences: how.sequences,
        num_beams: how.beams,
        length_penalty: how.length_penalty,
        early_stopping: how.early_stopping,
    }
}
